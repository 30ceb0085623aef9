"""Witness policies and cosignatures, by the texts of C2SP."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from backend.kernel import merkle
from backend.ledger import cosigning, rules
from backend.ledger.witness import WitnessNode, WitnessStore

LOG = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
ORIGIN = "log.example/2026"


def leaves(n, fork=b""):
    return [merkle.leaf_hash(fork + str(i).encode()) for i in range(n)]


def note(n, fork=b"", key=LOG, origin=ORIGIN):
    return rules.sign_note(rules.checkpoint_text(origin, n, merkle.root_of_hashes(leaves(n, fork))), origin, key)


def ask(node, old, new, fork=b"", proof=None, **signed):
    if proof is None:
        proof = merkle.consistency_proof(leaves(new, fork), old) if 0 < old <= new else []
    return node.add_checkpoint(cosigning.request_text(old, proof, note(new, fork, **signed)))


@pytest.fixture
def node(tmp_path):
    return WitnessNode(WitnessStore(tmp_path / "w.sqlite"), "w.example", Ed25519PrivateKey.generate(), [rules.verifier_key(ORIGIN, LOG)])


def test_a_continuation_is_cosigned_and_the_line_verifies(node):
    for old, new in ((0, 3), (3, 3), (3, 8), (8, 300)):
        answer = ask(node, old, new)
        assert answer.status == 200, (old, new)
        text = rules.checkpoint_text(ORIGIN, new, merkle.root_of_hashes(leaves(new)))
        assert cosigning.cosigned_at(answer.body, text, node.key) > 1_700_000_000
        assert cosigning.cosigned_at(answer.body, text.replace(str(new), str(new + 1), 1), node.key) is None


def test_every_refusal_has_its_status(node):
    assert ask(node, 0, 8).status == 200
    assert ask(node, 0, 9).status == 409
    assert ask(node, 0, 9).body == "8\n"
    assert ask(node, 8, 12, fork=b"x").status == 422
    assert ask(node, 8, 8, fork=b"x", proof=[]).status == 409
    assert ask(node, 8, 9, proof=[bytes(32)]).status == 422
    assert ask(node, 8, 9, key=Ed25519PrivateKey.generate()).status == 403
    assert ask(node, 8, 9, origin="other.example").status == 404
    assert ask(node, 9, 8, proof=[]).status == 400
    for body in ("", "old 8", "old x\n\nabc", "old 08\n\n" + note(9), "old 8\n!!\n\n" + note(9), "old 8\n" + "AAAA\n" * 64 + "\n" + note(9)):
        assert node.add_checkpoint(body).status == 400, body
    assert ask(node, 8, 9).status == 200


def test_state_outlives_the_process(tmp_path, node):
    assert ask(node, 0, 8).status == 200
    again = WitnessNode(WitnessStore(tmp_path / "w.sqlite"), "w.example", node.private, list(node.logs.values()))
    assert ask(again, 0, 2).body == "8\n"


def key(name):
    return rules.verifier_key(name, Ed25519PrivateKey.generate(), rules.COSIGNATURE)


def test_a_policy_of_city_any_two_counties_and_an_outside_body():
    names = ["city", "luoping", "shizong", "malong", "university"]
    lines = [f"witness {n} {key(n)} https://{n}.example/w/" for n in names]
    policy = cosigning.parse_policy(
        "\n".join(["# who witnesses", *lines, "group counties 2 luoping shizong malong", "group all3 all city counties university", "quorum all3"])
    )
    assert policy.witnesses[0].url == "https://city.example/w"
    assert policy.is_met({"city", "luoping", "malong", "university"})
    assert not policy.is_met({"city", "luoping", "university"})
    assert not policy.is_met({"luoping", "shizong", "malong", "university"})
    assert cosigning.parse_policy("quorum none").is_met(set())


@pytest.mark.parametrize("line", ["witness a nonsense", "group g 3 a b", "group g any zz", "quorum zz", "wat", "group a any a"])
def test_a_policy_that_cannot_be_read_names_its_line(line):
    text = f"witness a {key('a')}\nwitness b {key('b')}\n{line}\nquorum a"
    with pytest.raises(ValueError, match=r"line 3|key|unpack"):
        cosigning.parse_policy(text)


def test_without_a_quorum_line_there_is_no_policy():
    with pytest.raises(ValueError, match="quorum"):
        cosigning.parse_policy(f"witness a {key('a')}")
