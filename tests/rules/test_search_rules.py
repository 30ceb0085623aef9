"""How a query is read."""

from __future__ import annotations

from backend.registry.search_rules import Reading, facet_grams, read_words


def test_a_chinese_word_is_looked_for_in_text_by_neighbouring_characters():
    assert read_words("  麒麟饭店 ") == [[Reading("text", "麒麟饭店", ("麒麟", "麟饭", "饭店"))]]
    assert read_words("曲") == [[Reading("name", "曲", ("曲",))]]
    assert [len(w) for w in read_words("饭店 张伟")] == [1, 1]


def test_letters_are_also_sound_initials_and_the_beginning_of_a_code():
    [readings] = read_words("quji")
    assert {r.where: r.grams for r in readings} == {"text": ("qu", "uj", "ji"), "sound": ("pquj",), "initials": ("iquj", "iuji"), "code": ("uQUJI",)}
    [readings] = read_words("QJ")
    assert {r.where: r.grams for r in readings}["initials"] == ("iqj",)
    assert [r.pattern for r in readings if r.where == "sound"] == [("(^| )q ?j",)]


def test_a_code_is_looked_for_from_its_beginning_by_up_to_fourteen_places():
    for typed, gram in (("91530", "u91530"), ("91530302MA6", "u91530302MA6"), ("91530302ma6k12", "u91530302MA6K12"), ("91530302MA6K1234X0", "u91530302MA6K12")):
        [readings] = read_words(typed)
        assert [(r.value, r.grams) for r in readings if r.where == "code"] == [(typed.upper(), (gram,))]
        assert not [r for r in readings if r.where == "sound"]


def test_a_sound_is_looked_for_by_its_beginning_and_by_windows_over_the_rest():
    for typed, grams in (
        ("qu", ("pqu",)),
        ("quj", ("pquj",)),
        ("quji", ("pquj",)),
        ("qujin", ("pqujin",)),
        ("qujing", ("pqujin", "wujing")),
        ("qujings", ("pqujin", "wjings")),
        ("qujingshi", ("pqujin", "wingsh", "wngshi")),
        ("nananananana", ("pnanan", "wanana", "wnanan")),
    ):
        [readings] = read_words(typed)
        assert [r.grams for r in readings if r.where == "sound"] == [grams], typed


def test_windows_leave_no_letter_out():
    for n in range(6, 41):
        word = "abcdefghijklmnopqrstuvwxyzabcdefghijklmn"[:n]
        [grams] = [r.grams for r in read_words(word)[0] if r.where == "sound"]
        covered = {i for g in grams for i in range(n) if any(word[s : s + 5] == g[1:] and s <= i < s + 5 for s in range(n))}
        assert covered == set(range(n)), word


def test_full_width_letters_and_long_queries():
    assert read_words("ＫＦＣ") == read_words("kfc")
    assert len(read_words("店 " * 50)) == 6
    assert read_words(" \n ") == []


def test_facets_have_one_gram_each_and_a_region_of_odd_length_none():
    assert facet_grams(region="5303", status="active", credit_class="D") == ["r5303", "sactive", "cD"]
    assert facet_grams(region="530") == []
