"""Entries, signed notes, checkpoints and tile addresses. Pure.

C2SP signed-note, tlog-checkpoint, tlog-tiles and tlog-proof; RFC 6962 hashing from ``backend.kernel.merkle``.
Proven by tests/rules/test_ledger_rules.py with vectors that we did not write.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from backend.kernel import clock, jcs, merkle

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
ED25519 = b"\x01"  # the signature types of signed-note
COSIGNATURE = b"\x04"  # a witness's, with its time (C2SP tlog-cosignature)

# Event -> what it says to people. An entry of any other type is refused.
EVENTS: dict[str, tuple[str, str]] = {
    "registry.imported": ("导入检查对象名录", "Register imported"),
    "registry.exported": ("导出检查对象名录", "Register exported"),
    "registry.undone": ("撤销名录导入", "Register import undone"),
    "facts.imported": ("导入信用信息", "Facts imported"),
    "facts.undone": ("撤销信用信息导入", "Import of facts undone"),
    "enterprise.changed": ("变更检查对象", "Enterprise changed"),
    "recusal.declared": ("申请回避", "Recusal declared"),
    "recusal.decided": ("决定回避", "Recusal decided"),
    "recusal.ended": ("终止回避", "Recusal ended"),
    "placard.issued": ("制发企业码牌", "Codes for doors issued"),
    "placard.revoked": ("停用企业码牌", "Code for a door revoked"),
    "exemption.granted": ("准予免检", "Exemption granted"),
    "exemption.ended": ("终止免检", "Exemption ended"),
    "account.created": ("新建账号", "Account created"),
    "account.changed": ("停用或启用账号", "Account stopped or let in again"),
    "password.changed": ("更改密码", "Password changed"),
    "inspector.changed": ("变更执法人员名录", "Register of officers changed"),
    "codebook.loaded": ("载入代码表", "Codes loaded"),
    "codebook.changed": ("变更代码与规则表", "Codes or rules changed"),
    "department.added": ("新增部门", "Department added"),
    "outcome.added": ("新增检查结果代码", "Outcome code added"),
    "checkitem.added": ("新增抽查事项", "Check item added"),
    "checkitem.changed": ("变更抽查事项", "Check item changed"),
    "checkitem.imported": ("导入抽查事项", "Check items imported"),
    "checklist.published": ("发布检查表", "Checklist published"),
    "device.enrolled": ("登记设备", "Device enrolled"),
    "device.revoked": ("停用设备", "Device revoked"),
    "passkey.added": ("添加通行密钥", "Passkey added"),
    "passkey.removed": ("移除通行密钥", "Passkey removed"),
    "factor.added": ("启用验证器", "Authenticator app added"),
    "factor.changed": ("生成恢复码", "Recovery codes made"),
    "factor.removed": ("取消第二验证", "Second factor taken off"),
    "plan.drafted": ("编制年度计划", "Yearly plan drafted"),
    "plan.submitted": ("提交年度计划", "Yearly plan submitted"),
    "plan.decided": ("审批年度计划", "Yearly plan decided on"),
    "plan.published": ("发布年度计划", "Yearly plan published"),
    "plan.dropped": ("放弃计划修订", "Change of a yearly plan given up"),
    "plan.begun": ("落实年度计划", "Campaign made from a yearly plan"),
    "campaign.created": ("制定抽查任务", "Campaign planned"),
    "campaign.adhoc": ("非抽取检查立项", "Inspection opened without a draw"),
    "invitation.sent": ("邀请部门联合检查", "Department invited to a joint campaign"),
    "invitation.answered": ("答复联合邀请", "Invitation answered"),
    "invitation.lapsed": ("联合邀请逾期未答复", "Invitation not answered in time"),
    "invitation.overridden": ("督查室代为决定", "Invitation overruled by the oversight office"),
    "invitation.ended": ("撤回联合邀请", "Invitation withdrawn"),
    "draw.announced": ("公告抽取", "Draw announced"),
    "draw.witnessed": ("录入随机数", "Randomness typed by one person"),
    "draw.performed": ("完成抽取", "Draw performed"),
    "draw.revealed": ("公开抽取密钥", "Draw secret revealed"),
    "draw.overdue": ("抽取逾期未公开", "Draw not revealed in time"),
    "draw.replacement": ("替换检查对象", "Replacement of an enterprise"),
    "draw.voided": ("作废抽取", "Draw voided"),
    "inspection.dispatched": ("派发检查", "Inspection dispatched"),
    "notice.issued": ("制发检查通知书", "Inspection notice issued"),
    "paper.issued": ("制发文书", "Paper issued"),
    "inspection.received": ("签收检查", "Inspection received"),
    "inspection.unscanned": ("未扫码先行检查", "Visit went on without a scan"),
    "inspection.reassigned": ("更换检查人员", "Officer replaced"),
    "inspection.extended": ("延长检查期限", "Deadline of a visit extended"),
    "inspection.reminded": ("催办检查", "Officers reminded"),
    "review.assigned": ("转交审核", "Record given to a reviewer"),
    "comment.added": ("内部批注", "Internal comment"),
    "inspection.arrived": ("扫码入企", "Officer scanned in"),
    "inspection.submitted": ("提交检查记录", "Record submitted"),
    "inspection.returned": ("退回检查记录", "Record returned"),
    "inspection.approved": ("审核通过", "Record approved"),
    "part.received": ("收到检查分部", "Part of a visit received"),
    "record.decided": ("补正检查记录", "Decision appended to a record"),
    "record.cosigned": ("联署检查记录", "Record co-signed"),
    "record.waived": ("免除分部或联署", "Part or co-signature waived"),
    "result.published": ("公示检查结果", "Result published"),
    "result.corrected": ("更正公示结果", "Published result corrected"),
    "result.withdrawn": ("撤回公示结果", "Published result withdrawn"),
    "rectification.ordered": ("责令改正", "Order to correct"),
    "rectification.followed": ("派出复查", "Follow-up visit of an order"),
    "rectification.judged": ("复查结论", "Order judged by its follow-up visit"),
    "rectification.closed": ("办结责令改正", "Order to correct closed"),
    "objection.filed": ("提出异议", "Objection filed"),
    "objection.decided": ("决定异议", "Objection decided"),
    "rectification.evidenced": ("提交整改材料", "Proof of correction handed in"),
    "claim.issued": ("签发认领码", "Claim code issued"),
    "claim.revoked": ("撤销认领码", "Claim code revoked"),
    "claim.claimed": ("认领企业", "Enterprise claimed"),
    "claim.changed": ("变更企业人员", "Enterprise's person changed"),
    "claim.ended": ("停用企业人员", "Enterprise's person ended"),
    "response.filed": ("企业回应", "Enterprise replied beside a result"),
    "response.withdrawn": ("撤下企业回应", "Reply taken down"),
    "response.decided": ("审看企业回应", "Reply read by the office"),
    "handover.sent": ("抄告或移送", "Told to a department or handed to the case unit"),
    "handover.acknowledged": ("签收抄告", "Copy acknowledged"),
    "erasure.requested": ("申请删除个人信息", "Erasure of personal data requested"),
    "erasure.decided": ("决定删除个人信息", "Erasure of personal data decided on"),
    "payload.erased": ("依法删除内容", "Content erased"),
    "evaluation.sealed": ("检查评价存证", "Evaluations of a week fixed"),
    "tip.filed": ("收到投诉举报", "Complaint or tip filed"),
    "tip.added": ("补充投诉举报", "Complaint or tip added to"),
    "tip.assigned": ("转办投诉举报", "Complaint or tip handed on"),
    "tip.decided": ("决定是否受理", "Complaint or tip accepted or not"),
    "tip.extended": ("延长举报核查期限", "Time to check a tip made longer"),
    "tip.joined": ("投诉举报并案", "Complaint or tip joined to another"),
    "tip.answered": ("答复投诉举报", "Complaint or tip answered"),
    "tip.visited": ("因投诉举报立项检查", "Visit opened after a complaint or tip"),
    "tip.closed": ("办结投诉举报", "Complaint or tip closed"),
    "tip.unsealed": ("查看投诉举报人联系方式", "Contact of a complaint looked at"),
    "unsent.imported": ("补传手机备份", "Phone backup handed in"),
    "robot.changed": ("变更群机器人", "Group robot changed"),
    "webhook.changed": ("变更数据推送", "Webhook changed"),
    "demo.loaded": ("载入演示数据", "Demonstration data loaded"),
}


def payload_hash(salt: bytes, payload: Any) -> str:
    """``ph`` of an entry: hex SHA-256(salt32 || JCS(payload))."""
    return hashlib.sha256(salt + jcs.encode(payload)).hexdigest()


def make_entry(type_: str, *, at: datetime, actor: str, subject: str, salt: bytes, payload: Any) -> bytes:
    """The canonical bytes of an entry, which are the leaf's input. Raises ``ValueError`` for a type that is not in EVENTS."""
    if type_ not in EVENTS:
        raise ValueError(f"{type_!r} is no ledger event")
    if len(salt) != 32:
        raise ValueError("a salt has 32 bytes")
    return jcs.encode(
        {
            "v": 1,
            "type": type_,
            "at": clock.rfc3339(at),
            "actor": actor,
            "subject": subject,
            "alg": "sha256",
            "ph": payload_hash(salt, payload),
        }
    )


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A vkey, ``<name>+<hex key id>+<base64 of type byte and key>``."""

    name: str
    public: bytes
    kind: bytes = ED25519

    @property
    def key_id(self) -> bytes:
        return hashlib.sha256(self.name.encode() + b"\n" + self.kind + self.public).digest()[:4]

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(self.kind + self.public).decode()}"


def parse_vkey(text: str) -> VerifierKey:
    """Raises ``ValueError`` for a key that is malformed, of another type, or whose id does not fit."""
    name, key_id, encoded = text.strip().split("+", 2)
    raw = base64.b64decode(encoded, validate=True)
    if raw[:1] not in (ED25519, COSIGNATURE) or len(raw) != 33:
        raise ValueError("not an Ed25519 verifier key")
    key = VerifierKey(name, raw[1:], raw[:1])
    if key.key_id.hex() != key_id:
        raise ValueError("the key id does not fit the key")
    return key


def verifier_key(name: str, private: Ed25519PrivateKey, kind: bytes = ED25519) -> VerifierKey:
    return VerifierKey(name, private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw), kind)


def sign_note(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """A signed note: the text, a blank line, one signature line. ``text`` ends with a newline."""
    if not text.endswith("\n"):
        raise ValueError("a note's text ends with a newline")
    key = verifier_key(name, private)
    signature = base64.b64encode(key.key_id + private.sign(text.encode())).decode()
    return f"{text}\n\u2014 {name} {signature}\n"


def open_note(note: str, key: VerifierKey) -> str | None:
    """The note's text if ``key`` has signed it, else None. Unknown signers' lines are passed over, as the standard asks."""
    text, blank, lines = note.rpartition("\n\n")
    if not blank:
        return None
    text += "\n"
    for line in lines.splitlines():
        parts = line.split(" ")
        if len(parts) != 3 or parts[0] != "\u2014" or parts[1] != key.name:
            continue
        try:
            raw = base64.b64decode(parts[2], validate=True)
            if raw[:4] != key.key_id:
                continue
            Ed25519PublicKey.from_public_bytes(key.public).verify(raw[4:], text.encode())
        except (InvalidSignature, binascii.Error, ValueError):
            return None
        return text
    return None


def checkpoint_text(origin: str, size: int, root: bytes) -> str:
    """tlog-checkpoint: origin, size, base64 root, each on a line."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n"


def parse_checkpoint(text: str) -> tuple[str, int, bytes]:
    """(origin, size, root). Raises ``ValueError`` where the text is no checkpoint."""
    lines = text.split("\n")
    if len(lines) < 4:
        raise ValueError("a checkpoint has three lines")
    root = base64.b64decode(lines[2], validate=True)
    if len(root) != merkle.HASH_BYTES or str(int(lines[1])) != lines[1]:
        raise ValueError("not a checkpoint")
    return lines[0], int(lines[1]), root


def proof_text(index: int, hashes: list[bytes], checkpoint: str) -> str:
    """C2SP tlog-proof: header, index, hashes in base64, a blank line, the signed checkpoint."""
    lines = ["c2sp.org/tlog-proof@v1", f"index {index}", *(base64.b64encode(h).decode() for h in hashes)]
    return "\n".join(lines) + "\n\n" + checkpoint


def tile_number_path(number: int) -> str:
    """1234067 -> ``x001/x234/067`` (C2SP tlog-tiles)."""
    parts = [f"{number % 1000:03d}"]
    while number >= 1000:
        number //= 1000
        parts.append(f"x{number % 1000:03d}")
    return "/".join(reversed(parts))


def parse_tile_path(path: str) -> tuple[int, int]:
    """``x001/x234/067`` -> (1234067, 256); ``x001/x234/067.p/112`` -> (1234067, 112). Raises ``ValueError``."""
    width = TILE_WIDTH
    if ".p/" in path:
        path, _, tail = path.partition(".p/")
        width = int(tail)
        if not 0 < width < TILE_WIDTH:
            raise ValueError("no such width")
    number = 0
    for part in path.split("/"):
        number = number * 1000 + int(part.removeprefix("x"))
    if tile_number_path(number) != path:
        raise ValueError("not a tile's path")
    return number, width


def tile_widths(size: int, level: int) -> tuple[int, int]:
    """(full tiles, width of the partial one) of a level in a tree of ``size`` leaves."""
    nodes = size >> (TILE_HEIGHT * level)
    return nodes // TILE_WIDTH, nodes % TILE_WIDTH


def ranges_of_consistency(old_size: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges [low, high) whose roots prove that the tree of ``old_size`` is a prefix (RFC 6962 section 2.1.2). 0 < old_size <= size."""
    ranges: list[tuple[int, int]] = []
    low, high, whole = 0, size, True
    while old_size != high:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if old_size <= middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low, whole = middle, False
    if not whole:
        ranges.append((low, high))
    return ranges[::-1]


def ranges_of_proof(index: int, size: int) -> list[tuple[int, int]]:
    """The leaf ranges [low, high) whose roots are the inclusion proof of ``index``, from the leaf's sibling up."""
    ranges: list[tuple[int, int]] = []
    low, high = 0, size
    while high - low > 1:
        middle = low + (1 << (high - low - 1).bit_length() - 1)
        if index < middle:
            ranges.append((middle, high))
            high = middle
        else:
            ranges.append((low, middle))
            low = middle
    return ranges[::-1]


def aligned_parts(low: int, high: int) -> list[tuple[int, int]]:
    """[low, high) as perfect subtrees (height, number), left to right; ``low`` is aligned to the range's size as in a Merkle tree."""
    parts: list[tuple[int, int]] = []
    while low < high:
        height = (high - low).bit_length() - 1
        if low:
            height = min(height, (low & -low).bit_length() - 1)
        parts.append((height, low >> height))
        low += 1 << height
    return parts


def join_parts(hashes: list[bytes]) -> bytes:
    """The root over perfect subtrees of falling height."""
    result = hashes[-1]
    for left in reversed(hashes[:-1]):
        result = merkle.node_hash(left, result)
    return result
