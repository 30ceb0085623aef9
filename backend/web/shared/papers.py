"""The words of the papers, in the reader's language, around the facts of a visit; a PDF comes out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from litestar import Response

from backend.inspections import position_rules
from backend.inspections.parts_rules import COSIGNATURE, PART
from backend.kernel import clock
from backend.kernel.settings import settings
from backend.notices import papers
from backend.usecases.adhoc import KINDS
from backend.usecases.papers import RecordFacts, VisitFacts
from backend.web.shared import qr
from backend.web.shared.i18n import _, get_locale, pick
from backend.web.shared.record_words import Words

Row = dict[str, Any]


def _row(name: str, *lines: str, style: str = "") -> Row:
    """``style``: "plain" for lines of one rank (else only the first is large), "hash" for what may break anywhere."""
    return {"name": name, "lines": [line for line in lines if line] or ["-"], "style": style}


def _moment(ms: object) -> str:
    """A phone's clock in Beijing time; a clock that tells no date is shown as it is."""
    try:
        return f"{datetime.fromtimestamp(int(str(ms)) / 1000, UTC).astimezone(clock.BEIJING):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError, OSError):
        return str(ms)


def _svg(text: str) -> str:
    side, path = qr.path(text)
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {side} {side}"><path d="{path}" fill="#000"/></svg>'


def _signature(strokes: Mapping[str, Any]) -> str:
    """A hand-written signature as SVG; nothing where nothing was drawn."""
    lines = [[(int(x), int(y)) for x, y, *_t in stroke] for stroke in strokes["strokes"] if stroke]
    paths = "".join(f'<path d="M{" L".join(f"{x} {y}" for x, y in (line if len(line) > 1 else line * 2))}"/>' for line in lines)
    box = f"0 0 {max(1, int(strokes['w']))} {max(1, int(strokes['h']))}"
    drawing = f'<g fill="none" stroke="#16211e" stroke-width="2.4" stroke-linecap="round" stroke-linejoin="round">{paths}</g>'
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{box}">{drawing}</svg>' if paths else ""


def _way(f: VisitFacts) -> str:
    if f.draw is None:
        return _("%(kind)s：不经抽取，不提前告知，到场出示通知书。", kind=pick(dict(zip(("zh", "en"), KINDS[f.visit.campaign_kind], strict=True)), ""))
    draw_id, at = f.draw
    day = f"{at.astimezone(clock.BEIJING):%Y-%m-%d}"
    if f.proof.state == "replacement":
        return _("双随机抽查：%(draw)s 抽中的企业已无法检查，由同一单元签号的下一位替补。", draw=draw_id)
    return _("双随机抽查：由 %(draw)s 于 %(day)s 公开抽取，检查组同时抽出。", draw=draw_id, day=day)


def _family(f: VisitFacts, title: str) -> dict[str, Any]:
    return {
        "lang": get_locale(),
        "title": title,
        "authority": pick(f.authority, "name"),
        "number": f.notice.number if f.notice else f.visit.campaign_number,
        "missing-note": _("本机字体缺少下列字符，以其编号代替，以电子记录为准："),
    }


def _team(f: VisitFacts) -> list[str]:
    return [f"{o.name}  {o.certificate_no}  {pick(d, 'name')}" for o, d in f.officers]


async def notice_pdf(f: VisitFacts) -> bytes:
    """检查通知书. The code on it is the visit's proof where the visit was drawn."""
    assert f.notice is not None
    n = f.notice
    basis = "；".join(dict.fromkeys(f.items[code].legal_basis for code, _checklist in f.visit.items))
    data = _family(f, _("检查通知书")) | {
        "enterprise": f.enterprise.name,
        "code": f.enterprise.code,
        "opening": _("本机关依法对你单位进行检查，请予配合。现将有关事项告知如下："),
        "rows": [
            _row(_("检查依据"), basis),
            _row(_("检查缘由"), _way(f), f"{f.visit.campaign_name} · {f.visit.campaign_number}"),
            _row(_("检查事项"), *(pick(f.items[code], "name") for code, _checklist in f.visit.items), style="plain"),
            _row(_("检查人员和执法证号"), *_team(f), style="plain"),
            _row(_("检查期限"), _("%(day)s 前", day=f.visit.due_on.isoformat())),
            _row(
                _("本年检查"),
                _("本机关本年度已对你单位检查 %(n)s 次，本次为第 %(next)s 次。", n=n.visits_before, next=n.visits_before + 1),
            ),
        ],
        "rights-title": _("你单位的权利"),
        "rights": [
            _("检查人员不得少于两人，并应当主动出示执法证件；不出示的，有权拒绝检查。（行政处罚法第四十二条、第五十五条）"),
            _("认为检查人员与本次检查有直接利害关系或者可能影响公正的，有权申请回避。（行政处罚法第四十三条）"),
            _("对同一企业的检查次数有年度上限，有权了解本年度已检查的次数。（国办发〔2024〕54号）"),
            _("可扫描检查人员手机上的“亮码”和“抽取证明”，核验人员和检查的真实性。"),
        ],
        "day": f"{n.issued_at.astimezone(clock.BEIJING):%Y-%m-%d}",
        "foot": f"{n.number} · {f.enterprise.code}",
        "qr": _svg(qr.paper_link(f.enterprise.qr_token)),
        "qr-label": _("扫码查看企业权利与公示结果"),
    }
    return await asyncio.to_thread(papers.render, "notice", data, {}, n.issued_at)


def _answer(question: Mapping[str, Any], value: object) -> str:
    kind = question["type"]
    if value in (None, ""):
        return "-"
    if kind == "yes_no_na":
        return {"yes": _("是"), "no": _("否"), "na": _("不适用")}.get(str(value), str(value))
    if kind == "choice":
        return next((str(o[get_locale()]) for o in question["options"] if o["value"] == value), str(value))
    return f"{value} {question.get('unit') or ''}".strip()


def _position(gps: Mapping[str, Any] | None) -> str:
    if not gps:
        return _("位置未核实：没有定位")
    place = f"{gps['lat_e7'] / 1e7:.5f}, {gps['lon_e7'] / 1e7:.5f} ±{round(gps['acc_cm'] / 100)} m"
    return place if position_rules.trust(gps) == position_rules.STATED else _("位置未核实：%(place)s", place=place)


def _photo(photo: Mapping[str, Any], files: Mapping[str, bytes | None]) -> dict[str, Any]:
    """One photo: the copy with its strip of facts where there is one, and the original's hash, which proves."""
    shown = photo.get("marked") or photo["sha256"]
    lines = [_moment(photo.get("t_dev")), _position(photo.get("gps"))]
    if photo.get("source") == "gallery":
        lines.append(_("相册选入"))
    there = files.get(f"{shown}.jpg") is not None
    return {
        "file": f"{shown}.jpg" if there else "",
        "instead": _("照片无法显示，指纹如下"),
        "alt": _("现场照片"),
        "lines": lines,
        "sha256": photo["sha256"],
    }


def _team_rows(r: RecordFacts) -> list[Row]:
    """Who co-signed, what was decided after the record, what was waived, what is still awaited."""
    team, record = r.team, r.view.record
    questions = {(i["item"], q["id"]): q for i in record["items"] for q in r.checklists[i["checklist"]].questions}
    words = Words(questions, r.outcomes, lambda question, value: (_answer(question, value), ""))

    def who(inspector: object) -> str:
        return team.names.get(str(inspector), str(inspector))

    cosigned = [
        _row(_("联署"), f"{who(c.inspector)} · {_moment(c.body['t_dev'])}", _("本人手机对本记录的数字签名，设备 %(device)s", device=str(c.device)[:8]))
        for c in team.cosignatures
    ]
    decided = [
        _row(
            _("记录后裁定"),
            f"{words.field(c['key'])}：{words.value(c['key'], c['value'])}",
            f"{who(d.inspector)} · {_moment(d.body['t_dev'])}{' · ' + c['reason'] if c['reason'] else ''}",
        )
        for d in team.decisions
        for c in d.body["choices"]
    ]
    kinds = {PART: _("手机填写内容"), COSIGNATURE: _("联署")}
    waived = [_row(_("免除"), f"{who(w.inspector)} · {kinds[w.what]}", f"{w.reason}（{team.waivers_by[w.waived_by]}）") for w in team.waivers]
    awaited = team.words[0 if get_locale() == "zh" else 1]
    return [*cosigned, *decided, *waived, *([_row(_("尚未完成"), *awaited, style="plain")] if awaited else [])]


def _scan(scan: Mapping[str, Any]) -> str:
    how = {"qr": _("扫企业码"), "licence": _("扫营业执照码"), "typed": _("输入代码"), "photo": _("识别照片"), "backfill": _("补录")}
    return f"{how.get(str(scan['how']), scan['how'])} · {_moment(scan.get('t_dev'))}"


async def record_pdf(r: RecordFacts) -> bytes:
    """检查记录 as signed, with the hash that was signed and its place in the ledger."""
    return await asyncio.to_thread(_record_pdf, r)


def _record_pdf(r: RecordFacts) -> bytes:
    f, record, view = r.facts, r.view.record, r.view
    files = {f"{sha256}.jpg": papers.scaled(content) for sha256, content in r.files.items()}
    photos = [(p["item"], p["q"], _photo(p, files)) for p in record["photos"]]
    sections = []
    placed = set()
    for item in record["items"]:
        questions = {q["id"]: q for q in r.checklists[item["checklist"]].questions}
        answers = []
        for a in item["answers"]:
            question = questions.get(a["q"], {"type": "text", "zh": a["q"], "en": a["q"]})
            here = [n for n, (code, q, _p) in enumerate(photos) if (code, q) == (item["item"], a["q"])]
            placed |= set(here)
            answers.append(
                {
                    "text": question[get_locale()],
                    "value": _answer(question, a["value"]),
                    "is-bad": a["value"] == "no",
                    "note": a.get("note") or "",
                    "law": question.get("law") or "",
                    "photos": [photos[n][2] for n in here],
                }
            )
        known = f.items.get(item["item"])
        sections.append({"title": pick(known, "name") if known else item["item"], "answers": answers})
    where = f"{settings().base_url}/log/entries/{r.index}" if r.index is not None else f"{settings().base_url}/log?subject={view.id}"
    data = _family(f, _("现场检查记录")) | {
        "foot": f"{view.enterprise_code} · {view.record_sha256}",
        "rows": [
            _row(_("企业"), view.enterprise_name, f"{view.enterprise_code} · {f.enterprise.address}"),
            _row(_("检查任务"), f.visit.campaign_name, f.visit.campaign_number),
            _row(_("检查缘由"), _way(f)),
            _row(_("检查人员"), *_team(f), style="plain"),
            _row(_("扫码入企"), _scan(record["scan"]), record["scan"].get("reason") or ""),
            _row(_("检查时间"), f"{_moment(record.get('started_t_dev'))} - {_moment(record['t_dev'])}", _position(record.get("gps"))),
            _row(_("检查结果"), *(pick(r.outcomes[c], "") if c in r.outcomes else c for c in record["outcomes"]), style="plain"),
            *([_row(_("说明"), record["remark"])] if record.get("remark") else []),
        ],
        "sections": sections,
        "note-word": _("备注："),
        "photos-title": _("现场照片"),
        "photos": [p for n, (_c, _q, p) in enumerate(photos) if n not in placed],
        "voices-title": _("录音"),
        "voices": [
            {"text": v.get("text") or "-", "facts": f"{_moment(v.get('t_dev'))} · {_('%(n)s 秒', n=round(v['ms'] / 1000))}", "sha256": v["sha256"]}
            for v in record.get("voices", [])
        ],
        "signatures-title": _("签名"),
        "signatures": [
            {
                "name": s["name"] or "-",
                "role": _("执法人员") if s["role"] == "officer" else _("企业代表"),
                "refused": _("拒签：%(reason)s；见证人 %(witness)s", reason=s["reason"], witness=s["witness"]) if s.get("refused") else "",
                "svg": _signature(r.strokes[s["key"]]) if s["key"] in r.strokes else "",
            }
            for s in record["signers"]
        ],
        "team-title": _("联署与裁定"),
        "team": _team_rows(r),
        "proof-title": _("存证"),
        "proof": [
            _row(_("内容指纹"), r.content_sha256, style="hash"),
            _row(_("记录指纹"), view.record_sha256, style="hash"),
            _row(_("收到时间"), f"{view.received_at.astimezone(clock.BEIJING):%Y-%m-%d %H:%M:%S}"),
            _row(_("存证日志"), _("第 %(n)s 条", n=r.index) if r.index is not None else _("等待检查点")),
        ],
        "qr": _svg(where),
        "qr-label": _("扫码查看存证条目"),
        "limits": _("本件由电子记录生成，内容以电子记录为准；可用证据包和 sunlot record verify 离线核验。手写签名不是法律意义上的可靠电子签名。"),
    }
    present = {name: content for name, content in files.items() if content is not None}
    return papers.render("record", data, present, view.received_at)


def as_file(content: bytes, name: str) -> Response[bytes]:
    """Shown in the browser, saved under ``name``. A paper names people: no cache keeps it."""
    headers = {"Content-Disposition": f'inline; filename="{name}.pdf"', "Cache-Control": "no-store"}
    return Response(content, media_type="application/pdf", headers=headers)
