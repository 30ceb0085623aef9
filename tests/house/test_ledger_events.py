"""The glossary, the register of events and the verbs that write them tell the same story."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from backend.ledger.rules import EVENTS

REPO = Path(__file__).parents[2]


def test_every_event_is_in_the_glossary_and_the_other_way_round():
    glossary = (REPO / "docs/glossary.md").read_text().partition("## Ledger events")[2]
    assert set(re.findall(r"`([a-z]+\.[a-z]+)`", glossary)) == set(EVENTS)


def test_every_event_is_written_by_some_verb():
    written = set()
    for path in (REPO / "backend").rglob("*.py"):
        text = path.read_text()
        written |= set(re.findall(r"""record\(\s*["']([a-z]+\.[a-z]+)["']""", text))
        if 'f"inspection.{verdict}"' in text:
            written |= {"inspection.approved", "inspection.returned"}
    assert written == set(EVENTS)


WRITES = re.compile(r"\b(insert into|update [a-z_]+ set|delete from|copy_records_to_table)|\.(insert|delete|save)\(")
# history.save writes the row, its history and its entry.
RECORDS = ("ledger.record(", "history.save(")
ROOMS = (
    "evidence",
    "limits",
    "intake",
    "factors",
    "history",
    "placards",
    "registry",
    "people",
    "facts",
    "items",
    "rulebook",
    "draws",
    "inspections",
    "exchange",
    "notices",
    "notify",
    "publicity",
    "desk",
    "rectification",
    "claims",
    "responses",
    "objections",
    "erasure",
    "handovers",
    "planning",
    "invitations",
    "evaluations",
    "tips",
    "webhooks",
)
# A verb that writes without an entry of its own, and what stands for it in the log.
SILENT = {
    "claims.passkeys._ask": "a question that nobody has answered yet",
    "claims.passkeys._take": "claim.changed, or the sign-in",
    "claims.passkeys.check": "signing in changes nothing that a citizen could ask about",
    "claims.service._make_room": "claim.claimed, by the verb that it is a part of",
    "claims.service.keep_upload": "rectification.evidenced or objection.filed name it, where it comes to that",
    "claims.service.open_code": "a counter of tries",
    "claims.sessions.close_session": "signing out changes nothing that a citizen could ask about",
    "claims.sessions.open_session": "signing in, likewise",
    "notify.service.forget_person": "claim.ended",
    "desk.service.note_extension": "inspection.extended, by the verb that moves the date",
    "desk.service.keep_run": "the entries of its rows",
    "draws.changes.approve_replacement": "the decision, by draw.replacement; the approvals are in its payload",
    "draws.changes.note_substitution": "inspection.reassigned, or the new visit's inspection.dispatched with its officers",
    "draws.frame.freeze": "draw.announced",
    "evaluations.service.evaluate": "evaluation.sealed, a week's together: an entry each would tell by its time which visit it is about",
    "evidence.jobs.make_thumbnail": "nothing: made again from the evidence at any time",
    "evidence.service._finish": "inspection.submitted names every file",
    "exchange.service.open_batch": "registry.imported or facts.imported, where it comes to that: until then nothing has changed",
    "exchange.service._move": "registry.imported, facts.imported, registry.undone, facts.undone",
    "exchange.service.tell_progress": "how far a step is that has not ended",
    "exchange.service._note_counts": "registry.imported, facts.imported",
    "exchange.service.map_columns": "nothing was applied",
    "exchange.service.ask_apply": "registry.imported, facts.imported",
    "exchange.service.ask_undo": "registry.undone, facts.undone",
    "exchange.service.mark_failed": "nothing was applied",
    "exchange.service.cancel": "nothing was applied",
    "exchange.service.forget_leftover": "nothing was applied",
    **dict.fromkeys(
        (
            f"exchange.staging.{verb}"
            for verb in ("add_register_rows", "add_fact_rows", "add_bad_rows", "refuse_doubles", "replace_row", "forget_rows", "note_kept")
        ),
        "a preview: registry.imported, facts.imported, or their undoing",
    ),
    "facts.service.put_facts": "facts.imported",
    "facts.service.take_back": "facts.undone",
    "registry.merging.add_enterprises": "registry.imported",
    "registry.merging.take_out": "registry.undone",
    "registry.merging.put_back": "registry.undone",
    "exchange.unsent.open_import": "unsent.imported, when it is through",
    "exchange.unsent.note_record": "unsent.imported, and inspection.submitted where it was accepted",
    "exchange.unsent.try_again": "unsent.imported, when it is through again",
    "limits.jobs.sweep": "a counter that forgets",
    "intake.service.keep": "the matter that the files came with, by the verb that takes it in",
    "intake.service.erase": "payload.erased, by the act that erases the matter",
    "items.checklists.open_draft": "nothing was published yet: checklist.published",
    "items.checklists.save_draft": "nothing was published yet: checklist.published",
    "items.checklists.drop_draft": "nothing was published",
    "items.editions._put_edition": "checkitem.added or checkitem.changed, by the verb that it is a part of",
    "items.imports.open_import": "nothing was applied yet: checkitem.imported",
    "items.imports.cancel_import": "nothing was applied",
    "factors.service.begin_app": "nothing counts before its first code: factor.added",
    "factors.service._use_app": "signing in changes nothing that a citizen could ask about",
    "factors.service._use_recovery": "signing in, likewise",
    "factors.service.forget_codes": "factor.removed or passkey.removed, by the act that took the last factor off",
    "factors.service.open_step": "a sign-in that is half done",
    "factors.service.close_step": "a sign-in that is through",
    "factors.service.end_steps": "a sign-in that is half done",
    "history.service.note": "the entry that it stands beside",
    "inspections.service._store_campaign": "campaign.created",
    "inspections.partners.touch": "the step that it belongs to: invitation.*",
    "inspections.partners.set_items": "invitation.answered with the items, or invitation.ended",
    "inspections.partners.set_partners": "invitation.ended, and invitation.sent for who comes in",
    "inspections.service.move_campaign": "the step that moves it: draw.announced, draw.performed, draw.revealed, draw.voided, result.published",
    "inspections.service.cancel_untouched": "draw.voided",
    "inspections.service.retire": "draw.replacement",
    "notify.service.forget_before": "a person's own inbox, when the table of retention gives it up",
    "objections.service.erase": "payload.erased and erasure.decided, by the use case",
    "notify.service.tell": "the act that it tells of",
    "notify.service.subscribe": "a person's own choice of how to be told",
    "notify.service.forget_phone": "device.revoked",
    "notify.service.unsubscribe": "a person's own choice of how to be told",
    "notify.service.mark_read": "a person's own inbox",
    "notify.service.note_delivery": "a push service's answer",
    "notify.robots.tell_groups": "the act that it tells of",
    "notify.service.bury": "a push service's answer",
    "notify.robots.tell_digest": "a digest changes nothing",
    "notify.robots.note_test": "a robot's answer",
    "notify.robots.note": "a robot's answer",
    "people.passkeys._ask": "a question that nobody has answered yet",
    "people.passkeys._take": "passkey.added, or the sign-in",
    "people.passkeys.check": "signing in changes nothing that a citizen could ask about",
    "people.passkeys.remove": "passkey.removed, by the function that writes it for both ways",
    "people.passkeys.remove_lost": "passkey.removed, likewise",
    "people.service.count_failure": "a counter that forgets",
    "people.service.clear_failures": "a counter that forgets",
    "people.service.forget_failures": "a counter that forgets",
    "people.service.open_session": "signing in changes nothing that a citizen could ask about",
    "people.service.note_seen": "when a session was last used",
    "people.passkeys.remove_all": "passkey.removed, likewise",
    "people.sessions._put": "password.changed, by the two that call it",
    "people.sessions.prove": "when somebody last proved who they are",
    "people.sessions.end_session": "signing out, likewise",
    "people.sessions.end_others": "signing out, likewise",
    "people.service.close_session": "signing out, likewise",
    "people.service.note_contact": "when a phone was last heard of",
    "placards.service.keep_file": "a file for the printer: made again from the codes at any time",
    "placards.service.ask_again": "a file for the printer, likewise",
    "placards.service.take_file": "how often a file was printed",
    "placards.service.remove_old_files": "a file for the printer: made again from the codes at any time",
    "planning.service._open_edition": "plan.drafted, by the two that call it",
    **dict.fromkeys(
        ("planning.service.save_head", *(f"planning.lines.{verb}_line" for verb in ("add", "change", "remove"))),
        "nothing was submitted yet: plan.submitted has the fingerprint of it all",
    ),
    "publicity.service._keep": "result.published, result.corrected or result.withdrawn, by the three that call it",
    "registry.service.load_regions": "codebook.loaded, by what fills both tables",
    "registry.service.load_industries": "codebook.loaded, by what fills both tables",
    "rectification.service.erase_evidence": "payload.erased for each entry that held it, and erasure.decided where it was asked for",
    "tips.service.erase": "payload.erased for each entry that held it, and erasure.decided where it was asked for",
    "tips.service._change": "the verb that it is a part of",
    "tips.service._say": "tip.added, tip.answered, tip.closed",
    "registry.saved_filters.save": "a person's own view of a list",
    "registry.saved_filters.delete": "a person's own view of a list",
    "registry.jobs.index_some": "nothing: made again from the register at any time",
    "webhooks.service._forget_old": "webhook.changed where somebody ended it; nothing where its time was over, which webhook.changed told beforehand",
    "webhooks.service.forget_deliveries_before": "what was told is public and stands in the log; only the note of its delivery goes",
    "evaluations.service.erase_words_before": "evaluation.sealed keeps the commitment; that its words go has a day in the table of retention",
    "webhooks.service.try_again": "what is told is public already; the delivery stands in its own list",
    "webhooks.service.tell": "the entries that it tells of",
    "webhooks.service.note": "a partner's answer",
    "webhooks.service.note_test": "a partner's answer",
    "registry.service.put_enterprises": "registry.imported",
}


def test_every_verb_that_writes_is_in_the_log_or_says_why_not():
    silent = set()
    for room in ROOMS:
        for path in (REPO / "backend" / room).glob("*.py"):
            source = path.read_text()
            for node in ast.walk(ast.parse(source)):
                if isinstance(node, ast.AsyncFunctionDef):
                    text = ast.get_source_segment(source, node) or ""
                    if WRITES.search(text) and not any(word in text for word in RECORDS):
                        silent.add(f"{room}.{path.stem}.{node.name}")
    assert silent == set(SILENT)
