"""Every route of the application with parameters that name something real in the demo county. A route whose parameter is unknown here fails the walks."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from backend.app import create_app
from backend.storage.engine import connection, transaction

# parameter, or parameter at a beginning of the path -> the statement that finds one
_FOUND = {
    "account_id": "select id from account where username = 'inspector'",
    "batch_id": "select id from import_batch order by id limit 1",
    "/console/placards batch_id": "select id from placard_batch order by id limit 1",
    "placard_id": "select id from placard order by id limit 1",
    "photo_id": "select id from received_file where purpose = 'tip' order by id limit 1",
    "tip_id": "select id from tip order by id limit 1",
    "webhook": "select id from webhook order by id limit 1",
    "delivery": "select id from webhook_delivery order by id limit 1",
    "/plans number": "select p.number from annual_plan p join plan_edition e on e.plan = p.id where e.state = 'published' order by p.number limit 1",
    "campaign_id": "select campaign from draw where state = 'drawn' order by draw_id limit 1",
    "/console/items code": "select code from check_item where department = 'scjg' order by code limit 1",
    "code_id": "select id from claim_code order by id limit 1",
    "device_id": "select d.id from device d join account a on a.id = d.account where a.username = 'inspector' limit 1",
    "draw_id": "select draw_id from draw where state = 'drawn' order by draw_id limit 1",
    "enterprise_id": "select enterprise from publication order by number limit 1",
    "exemption_id": "select id from exemption order by id limit 1",
    "filter_id": "select id from saved_filter order by id limit 1",
    "handover_id": "select id from handover order by id limit 1",
    "/console/items/imports import_id": "select id from item_import order by id limit 1",
    "/console/unsent import_id": "select id from unsent_import order by id limit 1",
    "inspection_id": "select i.inspection from inspection_officer i join inspector o on o.id = i.inspector join account a on a.id = o.account"
    " where a.username = 'inspector' order by i.inspection limit 1",
    "invitation_id": "select id from invitation order by id limit 1",
    "key": "select l.line from plan_line l order by l.line limit 1",
    "line": "select l.line from plan_line l order by l.line limit 1",
    "listing_id": "select id from enterprise_listing order by id limit 1",
    "member_id": "select id from claim_member order by id limit 1",
    "objection_id": "select id from objection order by id limit 1",
    "officer_id": "select id from inspector where department = 'scjg' order by id limit 1",
    "order_id": "select id from rectification_order order by id limit 1",
    "passkey_id": "select id from passkey order by id limit 1",
    "paper_id": "select id from paper order by id limit 1",
    "plan_id": "select e.plan from plan_edition e join plan_line l on l.edition = e.id order by l.line limit 1",
    "/console/papers name": "select id || '.pdf' from paper order by number limit 1",
    "/papers number": "select number from paper order by number limit 1",
    "recusal_id": "select id from recusal order by id limit 1",
    "replacement_id": "select id from draw_replacement order by id limit 1",
    "response_id": "select id from response order by id limit 1",
    "/my/results number": "select result from response order by result limit 1",
    "/api/v1/results number": "select number from publication order by number limit 1",
    "/results number": "select number from publication order by number limit 1",
    "robot_id": "select id from notify_robot order by id limit 1",
    "request_id": "select id from erasure_request order by id limit 1",
    "run_id": "select id from desk_run order by id limit 1",
    "session_id": "select id from session where account = (select id from account where username = 'manager') limit 1",
    "sha256": "select p.sha256 from submission_photo p join submission s on s.id = p.submission order by p.sha256 limit 1",
    "/my/files matter": "select id from objection where origin = 'enterprise' order by id limit 1",
    "/my/files sha256": "select files[1] from objection where origin = 'enterprise' order by id limit 1",
    "submission": "select id from submission order by received_at limit 1",
    "submission_id": "select id from submission order by received_at limit 1",
    "/e token": "select e.qr_token from enterprise e join publication p on p.enterprise = e.id"
    " where not exists (select from placard l where l.enterprise = e.id) order by p.completed_on desc, e.qr_token limit 1",
    "visit_id": "select id from inspection order by id limit 1",
}
_FIXED = {
    "decision_id": str(uuid4()),
    "file_path": "shared/tokens.css",
    "/field file_path": "sw.js",
    "index": "0",
    "/console/registers key": "scjg",
    "kind": "department",
    "measure": "publication",
    "move": "pause",
    "/data name": "draws.csv",
    "part": "0",
    "position": "0",
    "year": "2026",
    "/console/imports name": "register.csv",
    "/field/api/papers name": "x",
    "number": "1",
    "round_id": str(uuid4()),
    "tile": "0/000.p/1",
    "token": "no-such-code",
    "verdict": "approve",
}


@dataclass(frozen=True)
class Route:
    """``query``: the words that its addresses may have, with their types; ``body``: the shape of what it is sent, where the handler names one."""

    method: str
    path: str
    access: Any
    opt: dict[str, Any]
    query: dict[str, Any] = field(default_factory=dict)
    body: Any = None
    is_json: bool = False

    @property
    def parameters(self) -> list[str]:
        return re.findall(r"\{(\w+):\w+\}", self.path)


def routes() -> list[Route]:
    found = []
    for route in create_app().routes:
        for method, (handler, kwargs) in getattr(route, "route_handler_map", {}).items():
            if str(method) == "OPTIONS":
                continue
            typed = handler.parsed_fn_signature.parameters
            query = {p.field_alias: typed[p.field_name].annotation for p in kwargs.expected_query_params}
            body = handler.parsed_data_field
            is_json = body is not None and not kwargs.expected_form_data
            found.append(Route(str(method), route.path, handler.opt.get("access"), handler.opt, query, body and body.annotation, is_json))
    return sorted(found, key=lambda r: (r.path, r.method))


class Unknown(LookupError):
    """Add the parameter to ``_FOUND`` or ``_FIXED``, or a row that it names to ``make_missing`` of the walk."""


async def fill(route: Route) -> str:
    """The route's path with something real of the demo county in each parameter. Raises ``Unknown``."""
    path = route.path
    for name in route.parameters:
        known = [key for key in (*_FOUND, *_FIXED) if key.rpartition(" ")[2] == name and route.path.startswith(key.rpartition(" ")[0])]
        if not known:
            raise Unknown(f"{route.method} {route.path}: nothing is known for {name}")
        key = max(known, key=len)
        value = _FIXED.get(key)
        if value is None:
            async with transaction():
                value = await connection().fetchval(_FOUND[key])
        if value is None:
            raise Unknown(f"{route.method} {route.path}: the demo county has nothing for {name} ({_FOUND[key]})")
        path = re.sub(r"\{" + name + r":\w+\}", str(value), path)
    return path
