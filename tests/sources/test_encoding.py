"""Which encoding a text is in."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from landtool.errors import InputDataError
from landtool.sources.encoding import (
    always_decodes,
    choose_encoding,
    codec_name,
    decode_text,
    looks_like_mojibake,
)

COMMON = "工业用地仓储重庆市区企业名称面积产值投资合同宗地使用权人开发建设土地出让有限公司"
CHINESE = st.text(st.sampled_from(COMMON), min_size=4, max_size=40)


@pytest.mark.parametrize(("codec", "basis"), [
    ("utf-8", "utf-8"), ("gbk", "gb18030"), ("gb18030", "gb18030"), ("utf-8-sig", "bom"),
    ("utf-16", "bom"), ("utf-16-le", "utf-16"), ("utf-16-be", "utf-16"),
])  # fmt: skip
def test_what_chinese_offices_write(codec, basis):
    text = "宗地代码,用途,area_m2\n500101,工业用地,1200\n" * 3
    got, choice = decode_text(text.encode(codec))
    assert got == text
    assert choice.basis == basis


@given(CHINESE)
def test_utf8_and_gb18030_are_told_apart(text):
    for codec in ("utf-8", "gb18030"):
        data = f"工业用地\n{text}\n"
        assert decode_text(data.encode(codec))[0] == data


def test_hanzi_that_pass_as_cyrillic_are_not_guessed():
    with pytest.raises(InputDataError, match="UTF-8 or GB18030"):
        choose_encoding("业,业\n".encode("gbk"), where="x.csv")
    assert choose_encoding("业,业\n".encode("gbk"), "GBK").name == "gb18030"
    assert choose_encoding("12 m², 5 μm".encode()).name == "utf-8"


@given(CHINESE)
def test_mojibake_either_way_is_seen(text):
    assert not looks_like_mojibake(text)
    assert looks_like_mojibake(text.encode("gb18030").decode("latin-1"))
    assert looks_like_mojibake(text.encode("utf-8").decode("latin-1"))


def test_mojibake_is_refused_with_its_line():
    broken = "a\n" + "工业用地".encode().decode("gb18030") + "\n"
    with pytest.raises(InputDataError, match="line 2") as caught:
        choose_encoding(broken.encode("utf-8"), where="x.csv")
    assert "encoding:" in str(caught.value)


@pytest.mark.parametrize("text", ["Zürich, Genève", "naïve", "α β γ δ", "工", "", "ascii", "12 m²"])
def test_good_text_is_not_called_mojibake(text):
    assert not looks_like_mojibake(text)
    assert decode_text(text.encode())[0] == text


def test_neither_encoding_names_line_and_bytes():
    data = b"name\nok\n\xff\xfe\xfd\xff\n"
    with pytest.raises(InputDataError, match="line 3 has the bytes FF FE FD FF"):
        choose_encoding(data, where="x.csv")


def test_declared_is_obeyed_or_refused():
    data = "工业".encode("gbk")
    assert choose_encoding(data, "GBK").basis == "declared"
    with pytest.raises(InputDataError, match=r"not UTF-8.*line 1"):
        choose_encoding(data, "UTF-8", "x.csv")
    with pytest.raises(InputDataError, match="unknown encoding 'GBX'"):
        choose_encoding(data, "GBX", "x.csv")


def test_declared_that_decodes_to_mojibake_is_refused():
    with pytest.raises(InputDataError, match="mojibake"):
        choose_encoding("工业用地".encode(), "ISO-8859-1", "x.csv")


@pytest.mark.parametrize(("name", "codec"), [
    ("UTF-8", "utf-8"), ("utf8", "utf-8"), ("GB2312", "gb18030"), ("cp936", "gb18030"),
    ("936", "gb18030"), ("54936", "gb18030"), ("65001", "utf-8"), ("BIG5", "big5"),
    ("ISO-8859-1", "iso8859-1"), ("ANSI 1252", "cp1252"), ("windows-1252", "cp1252"),
])  # fmt: skip
def test_names_people_write(name, codec):
    assert codec_name(name) == codec


@pytest.mark.parametrize("name", ["ISO-8859-1", "ISO 88591", "ANSI 1252", "88591", "latin1", "system"])
def test_encodings_that_prove_nothing(name):
    assert always_decodes(name)


def test_rare_characters_python_keeps_private_are_allowed():
    text = b"\xa6\xd9\xb9\xa4".decode("gb18030")
    assert not looks_like_mojibake(text, gb_private=True)
    assert looks_like_mojibake("\ue000\ue001 x")
