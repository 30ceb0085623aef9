#!/usr/bin/env python3
"""验证一次公开抽取 Recompute a public draw (sdr/1) from its bundle. One file, nothing but Python 3.9 or later.

    python3 verifier.py bundle.json [frame.ndjson]

Exit status: 0 verified, 1 failed, 2 unusable input, 3 not revealed yet (what could be checked was right).
Written from the specification (docs/draw-spec.md), sharing no code with the server that made the draw.
"""

import hashlib
import hmac
import json
import sys

NAMES = {
    "announcement": ("公告的指纹", "announcement"),
    "frame": ("名单与公告一致", "frame has the announced root"),
    "pool": ("人员名单与公告一致", "pool has the announced root"),
    "recusals": ("回避名单与公告一致", "recusals have the announced root"),
    "classes": ("分类承诺逐户相符", "classes open their commitments"),
    "secret": ("密钥正是公告时封存的那一个", "secret fits the announced anchor"),
    "randomness": ("每个公告的来源都有随机数", "every announced source has its value"),
    "objects": ("重新抽取的检查对象完全相同", "recomputed objects are the same"),
    "teams": ("重新配对的检查人员完全相同", "recomputed teams are the same"),
    "changes": ("抽取后的替换按候补次序，换上的人员符合条件", "later changes follow the order, officers are fit"),
}


def sha(data):
    return hashlib.sha256(data).digest()


def canon(value):
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8")


def tree(leaves):
    """RFC 6962 root."""
    level = [sha(b"\x00" + leaf) for leaf in leaves]
    if not level:
        return sha(b"").hex()
    # Joining neighbours and carrying an odd last one up gives the same tree as splitting at powers of two.
    while len(level) > 1:
        pairs = [sha(b"\x01" + level[i] + level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = pairs + ([level[-1]] if len(level) % 2 else [])
    return level[0].hex()


def b8(text):
    return text.encode("utf-8")


class Draw:
    def __init__(self, bundle):
        self.b = bundle
        self.a = bundle["announcement"]
        self.digest = sha(canon(self.a)).hex()
        self.prk = None
        if bundle.get("secret") and bundle.get("randomness") is not None:
            message = self.spoken(bundle["randomness"]) + b"\x00" + bytes.fromhex(self.digest)
            self.prk = hmac.new(bytes.fromhex(bundle["secret"]), message, "sha256").digest()

    @staticmethod
    def spoken(values):
        out = ""
        for v in values:
            if isinstance(v, list):
                out += "".join("%d." % n for n in sorted(v)) + "/"
            elif isinstance(v, int):
                out += "%d./" % v
            else:
                out += v + "/"
        return b8(out)

    def t(self, *fields):
        return hashlib.sha256(self.prk + b8("|".join(fields))).hexdigest()

    def eligible(self):
        return [row for row in self.b["frame"] if row["st"] == "E"]

    # each check gives True, False, or None for "cannot be checked yet"

    def announcement(self):
        return self.a["spec"] == "sdr/1"

    def frame(self):
        rows = self.b.get("frame")
        if rows is None:
            return None
        rows = sorted(rows, key=lambda r: b8(r["id"]))
        ids = {r["id"] for r in rows}
        leaves = [canon({k: r[k] for k in ("id", "county", "cell", "st", "cc")}) for r in rows]
        return len(ids) == len(rows) == self.a["n_frame"] and tree(leaves) == self.a["frame_root"]

    def pool(self):
        if self.b.get("pool") is None:
            return None
        pool = sorted(self.b["pool"], key=lambda p: b8(p["pid"]))
        return len({p["pid"] for p in pool}) == len(pool) and tree([canon(p) for p in pool]) == self.a["pool_root"]

    def recusals(self):
        if self.b.get("recusals") is None:
            return None
        # An entry is wholly open or wholly closed: a pair beside a hash that does not open it would steer the pairing unproven.
        if any(set(r) not in ({"h"}, {"id", "pid", "salt"}) for r in self.b["recusals"]):
            return False
        leaves = [
            bytes.fromhex(r["h"]) if "h" in r else sha(bytes.fromhex(r["salt"]) + canon({"id": r["id"], "pid": r["pid"]})) for r in self.b["recusals"]
        ]
        return tree(sorted(leaves)) == self.a["recusal_root"]

    def classes(self):
        opened = self.b.get("classes")
        if opened is None or self.b.get("frame") is None:
            return None
        cc = {r["id"]: r["cc"] for r in self.b["frame"]}
        return all(r["id"] in opened for r in self.eligible()) and all(
            sha(bytes.fromhex(o["salt"]) + canon({"class": o["class"]})).hex() == cc.get(i) for i, o in opened.items()
        )

    def secret(self):
        if self.b.get("secret") is None:
            return None
        return sha(bytes.fromhex(self.b["secret"])).hex() == self.a["anchor"]

    def randomness(self):
        if self.b.get("randomness") is None:
            return None
        values, sources = self.b["randomness"], self.a["sources"]
        # Only whether a drand value belongs to its signature; the signature itself needs BLS, which the web page checks.
        return len(values) == len(sources) and all(
            sha(bytes.fromhex(self.b["beacons"][str(i)])).hex() == values[i] for i, source in enumerate(sources) if source["kind"] == "drand"
        )

    def objects(self):
        if self.prk is None or self.b.get("result") is None or self.b.get("frame") is None:
            return None
        if self.b.get("classes") is None:
            return self.drawn_lie_below_cutoffs()
        strata = {}
        for row in self.eligible():
            strata.setdefault(self.b["classes"][row["id"]]["class"], {}).setdefault(row["cell"], []).append(row["id"])
        found = []
        for name in sorted(strata, key=b8):
            p, q = self.a["rates"][name]
            u, before = int(self.t("round", name), 16) % q, 0
            for cell in sorted(strata[name], key=lambda c: (self.t("cell", name, c), b8(c))):
                ids = strata[name][cell]
                after = before + p * len(ids)
                take = (after + u) // q - (before + u) // q
                before = after
                order = sorted(ids, key=lambda i: (self.t("obj", i), b8(i)))
                found.append({"class": name, "cell": cell, "n": take, "order": order})
        return canon(found) == canon(self.b["result"]["cells"])

    def drawn_lie_below_cutoffs(self):
        # Classes stay sealed in this bundle. What the public can see: the drawn are eligible; a cutoff is the ticket of one of
        # them, so it belongs to that one's cell; a cell has at most one per class; nobody lies above the highest of their cell.
        result = self.b["result"]
        cell = {row["id"]: row["cell"] for row in self.eligible()}
        drawn = {self.t("obj", i): i for i in result["drawn"]}
        limits = {}
        for c in result["cutoffs"]:
            if c["cutoff"] is not None:
                limits.setdefault(cell[drawn[c["cutoff"]]], []).append(c["cutoff"])
        return (
            len(drawn) == len(result["drawn"])
            and all(i in cell for i in drawn.values())
            and all(len(set(found)) == len(found) <= len(self.a["rates"]) for found in limits.values())
            and all(cell[i] in limits and t <= max(limits[cell[i]]) for t, i in drawn.items())
        )

    def teams(self):
        if self.prk is None or any(self.b.get(k) is None for k in ("result", "pool", "frame", "recusals")):
            return None
        result = self.b["result"]
        drawn = result["drawn"] if result.get("cells") is None else [i for c in result["cells"] for i in c["order"][: c["n"]]]
        teams, exceptions = self.pair(drawn)
        return teams == result["teams"] and exceptions == [list(e) for e in result["exceptions"]]

    def fits(self, place, person, county, refused):
        i, slot = place[0], self.a["slots"][place[1]]
        return (
            slot["dept"] in (None, person["dept"])
            and (slot["qual"] is None or slot["qual"] in person["quals"])
            and county[i] in person["counties"]
            and (i, person["pid"]) not in refused
        )

    def changes(self):
        if self.prk is None or any(self.b.get(k) is None for k in ("result", "pool", "frame", "recusals")):
            return None
        result = self.b["result"]
        teams = {i: list(team) for i, team in result["teams"].items()}
        county = {row["id"]: row["county"] for row in self.b["frame"]}
        cell = {row["id"]: row["cell"] for row in self.eligible()}
        refused = {(r["id"], r["pid"]) for r in self.b["recusals"] if "id" in r}
        people = {p["pid"]: p for p in self.b["pool"]}
        for c in self.b.get("changes") or []:
            if c["kind"] == "replacement":
                team = teams[c["id"]]
                if result.get("cells") is not None:
                    order = next(x["order"] for x in result["cells"] if c["id"] in x["order"])
                    if c["by"] != next((i for i in order if i not in teams), None):
                        return False
                elif c["by"] is not None and (c["by"] in teams or cell.get(c["by"]) != cell[c["id"]]):
                    return False
                if c["by"] is not None:
                    teams[c["by"]] = list(team)
            else:
                team, slot = teams[c["id"]], c["slot"]
                if team[slot] != c["from"] or c["to"] in team or not self.fits((c["id"], slot), people[c["to"]], county, refused):
                    return False
                team[slot] = c["to"]
        return True

    def pair(self, drawn):
        county = {row["id"]: row["county"] for row in self.b["frame"]}
        refused = {(r["id"], r["pid"]) for r in self.b["recusals"] if "id" in r}
        slots, people = self.a["slots"], self.b["pool"]
        load = {p["pid"]: p["load"] for p in people}
        has = {p["pid"]: [] for p in people}
        proven = dict.fromkeys(load, 0)
        memo = {}

        def candidates(place):
            if place not in memo:
                i, s = place
                memo[place] = sorted(
                    (
                        p["pid"]
                        for p in people
                        if self.fits(place, p, county, refused)
                    ),
                    key=lambda pid: (self.t("pair", i, str(s), pid), b8(pid)),
                )
            return memo[place]

        def settle(first, limit, persons):
            """Seat ``first`` with a load of at most ``limit``, moving others along where need be; each entry of the way is [place, its candidates
            still to ask, the officer being asked, their places still to try, the one being moved]."""
            tried, way = {first}, [[first, iter(candidates(first)), None, iter(()), None]]
            while way:
                now = way[-1]
                x = next((x for x in now[3] if x not in tried), None)
                if x is not None:
                    tried.add(x)
                    now[4] = x
                    way.append([x, iter(candidates(x)), None, iter(()), None])
                    continue
                pid = next(now[1], None)
                if pid is None:
                    way.pop()
                    continue
                twin = next((x for x in has[pid] if x[0] == now[0][0]), None)
                if twin is None:
                    if pid in persons or proven[pid] >= limit:
                        continue
                    persons.add(pid)
                    if load[pid] < limit:
                        has[pid].append(now[0])
                        load[pid] += 1
                        for place, _, holder, _, moved in reversed(way[:-1]):
                            has[holder][has[holder].index(moved)] = place
                        return True
                now[2], now[3] = pid, iter(has[pid] if twin is None else [twin])
            return False

        places = [(i, s) for i in drawn for s in range(len(slots))]
        places.sort(key=lambda p: (self.t("place", p[0], str(p[1])), b8(p[0]), p[1]))
        unserved = []
        for place in places:
            twins = any(x[0] == place[0] for pid in candidates(place) for x in has[pid])
            limit = 1 if twins else min([proven[pid] for pid in candidates(place)] or [0]) + 1
            while limit <= max(list(load.values()) or [0]) + 1:
                persons = set()
                if settle(place, limit, persons):
                    break
                for pid in persons:
                    proven[pid] = max(proven[pid], limit)
                limit += 1
            else:
                unserved.append([place[0], place[1]])
        teams = {i: [None] * len(slots) for i in drawn}
        for pid, held in has.items():
            for i, s in held:
                teams[i][s] = pid
        return teams, unserved


def main(argv=None):
    args = list(sys.argv[1:] if argv is None else argv)
    if len(args) not in (1, 2):
        print(__doc__, file=sys.stderr)
        return 2
    frame_path = args[1] if len(args) == 2 else None
    try:
        with open(args[0], encoding="utf-8") as f:
            bundle = json.load(f)
        if frame_path:
            with open(frame_path, encoding="utf-8") as f:
                bundle["frame"] = [json.loads(line) for line in f if line.strip()]
        draw = Draw(bundle)
        if not {"draw_id", "frame_root", "n_frame", "sources"} <= set(draw.a):
            raise ValueError("the announcement lacks its fields")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as e:
        print("无法读取 · cannot be read: %s: %s" % (args[0], e), file=sys.stderr)
        return 2
    print("%s  sha256 %s" % (draw.a["draw_id"], draw.digest))
    outcome = {}
    for code, (zh, en) in NAMES.items():
        try:
            ok = getattr(draw, code)()
        except (KeyError, ValueError, TypeError, IndexError, AttributeError) as e:
            ok, en = False, "%s (%s)" % (en, e)
        outcome[code] = ok
        print("  %s  %s · %s" % ({True: "✓", False: "✗", None: "…"}[ok], zh, en))
    if False in outcome.values():
        print("验证失败 · FAILED")
        return 1
    # Classes may stay sealed in a public bundle for good: that alone does not make it incomplete.
    waiting = [c for c, ok in outcome.items() if ok is None and not (c == "classes" and draw.prk is not None)]
    if waiting and bundle.get("frame") is None and draw.prk is not None:
        print("名单不在此文件中，请加上 frame.ndjson · the frame is not in this file: add frame.ndjson")
        return 3
    if waiting:
        print("尚未公开密钥，能核对的都相符 · not revealed yet; what could be checked was right")
        return 3
    print("已验证 · VERIFIED")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
