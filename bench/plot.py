"""The one picture: rate and p99 against the size of the catalog."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, NullLocator

from bench.catalog_size import Line, Size
from bench.results import median
from bench.wrk import Load

_INK: Final = "#333333"
_LOOKS: Final = {
    Line.LIST_WARM: {"color": "#1b6ca8", "linestyle": "-", "marker": "o"},
    Line.LIST_COLD: {"color": "#1b6ca8", "linestyle": "--", "marker": "o", "markerfacecolor": "white"},
    Line.PROGRAM_WARM: {"color": "#c0562b", "linestyle": "-", "marker": "s"},
    Line.PROGRAM_COLD: {"color": "#c0562b", "linestyle": "--", "marker": "s", "markerfacecolor": "white"},
}


def draw(growth: list[Size], file: Path) -> None:
    """Write the picture as SVG; the same figures give the same file."""
    mpl.rcParams.update({"svg.hashsalt": "chaishots", "svg.fonttype": "none", "font.size": 10})
    figure = Figure(figsize=(9, 4.2), layout="constrained", facecolor="white")
    rate, p99 = figure.subplots(1, 2)
    _panel(rate, growth, "Answers a second", lambda load: load.rate)
    _panel(p99, growth, "p99, ms", lambda load: load.p99_ms)
    handles, labels = rate.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(Line), frameon=False)
    figure.savefig(file, format="svg", metadata={"Date": None, "Creator": None})


def _panel(axes: Axes, growth: list[Size], title: str, value: Callable[[Load], float]) -> None:
    lessons = [size.lessons for size in growth]
    for line, looks in _LOOKS.items():
        axes.plot(lessons, [value(median(size.loads[line])) for size in growth], label=str(line), **looks)
    axes.set(xscale="log", yscale="log", xlabel="Lessons in the catalog")
    axes.set_title(title, loc="left", color=_INK)
    axes.set_xticks(lessons, [_short(number) for number in lessons])
    axes.xaxis.set_minor_locator(NullLocator())
    axes.yaxis.set_major_formatter(FuncFormatter(lambda number, _: f"{number:,g}"))
    axes.grid(visible=True, axis="y", color="#dddddd", linewidth=0.8)
    axes.spines[["top", "right"]].set_visible(False)


def _short(lessons: int) -> str:
    return f"{lessons / 1_000_000:.0f} M" if lessons >= 1_000_000 else f"{lessons / 1_000:.0f} k"
