"""The routes of the pages, put together."""

from quart import Blueprint

from chaishots.api.pages.language_choice import language_choice
from chaishots.api.pages.not_found import not_found
from chaishots.api.pages.page_routes import pages
from chaishots.api.pages.search_engines import search_engines
from chaishots.api.pages.static_files import assets

viewer = Blueprint("viewer", __name__)
for part in (language_choice, pages, search_engines, assets, not_found):
    viewer.register_blueprint(part)
