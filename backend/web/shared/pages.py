"""Templates: one environment for all faces, strict about names, escaped by default."""

from __future__ import annotations

from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template
from litestar.template.config import TemplateConfig

from backend.erasure.rules import GROUNDS
from backend.kernel.clock import BEIJING
from backend.kernel.settings import settings
from backend.web.shared import i18n
from backend.web.shared.headers import nonce
from backend.web.shared.menu import menu, role_name
from backend.web.shared.presence import seal

WEB = Path(__file__).parents[1]
BUILD = Path(__file__).parents[3] / "build"


def moment(value: datetime | None) -> str:
    """A time as people in China read it: Beijing time, to the minute."""
    return value.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M") if value else "-"


def erasure_ground(why: str) -> str:
    """Why something was erased, as it stands with it, in the reader's language."""
    return i18n.words(GROUNDS).get(why, why)


def day(value: date | datetime | None) -> str:
    if isinstance(value, datetime):
        value = value.astimezone(BEIJING).date()
    return value.isoformat() if value else "-"


@cache
def _version() -> str:
    path = BUILD / "version.txt"
    return path.read_text().strip() if path.exists() else "dev"


def static(path: str) -> str:
    """The address of a static file, changing with the build so that caches may keep it for ever."""
    return f"/static/{path}?v={_version()}"


def _ngettext(one: str, many: str, n: int) -> str:
    return i18n._(one if n == 1 else many)


def environment() -> Environment:
    env = Environment(
        loader=FileSystemLoader(WEB),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=not settings().production,
    )
    env.install_gettext_callables(i18n._, _ngettext, newstyle=True)  # type: ignore[attr-defined]
    env.filters.update(moment=moment, day=day, erasure_ground=erasure_ground)
    env.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True}  # people read the log's entries
    env.globals.update(pick=i18n.pick, get_locale=i18n.get_locale, static=static, nonce=nonce, menu=menu, role_name=role_name, seal_place=seal)
    return env


def template_config() -> TemplateConfig[Any]:
    return TemplateConfig(instance=JinjaTemplateEngine(engine_instance=environment()))


def page(name: str, *, status_code: int = 200, headers: dict[str, str] | None = None, **context: Any) -> Template:
    """A page or partial; ``locale`` is always there."""
    return Template(name, context={"locale": i18n.get_locale(), **context}, status_code=status_code, headers=headers or {})
