"""Ranges by property: whatever is asked, a part lies inside the file and is what the grammar of RFC 9110 says."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from service.http.ranges import ByteRange, NotSatisfiable, matches, read_range

SIZES = st.integers(1, 10**13)
NUMBERS = st.integers(0, 10**20)


@given(size=SIZES, first=NUMBERS, length=st.none() | NUMBERS)
def test_from_a_byte_on(size, first, length):
    last = "" if length is None else first + length
    try:
        span = read_range(f"bytes={first}-{last}", size_bytes=size)
    except NotSatisfiable:
        assert first >= size
    else:
        end = size - 1 if length is None else min(first + length, size - 1)
        assert span == ByteRange(first=first, last=end)


@given(size=SIZES, wanted=NUMBERS)
def test_the_last_bytes(size, wanted):
    try:
        span = read_range(f"bytes=-{wanted}", size_bytes=size)
    except NotSatisfiable:
        assert wanted == 0
    else:
        assert span.last == size - 1
        assert span.size_bytes == min(wanted, size)


@given(size=SIZES, header=st.text(max_size=40) | st.text("bytes=-,0123456789 ", max_size=40))
def test_anything_else_is_the_whole_file_or_a_part_inside_it(size, header):
    try:
        span = read_range(header, size_bytes=size)
    except NotSatisfiable:
        return
    assert span is None or 0 <= span.first <= span.last < size


@given(header=st.text(st.characters(max_codepoint=255), max_size=60))
def test_no_list_of_tags_matches_by_accident(header):
    if matches(header, '"0123456789abcdef"', weakly=True):
        assert header.strip() == "*" or "0123456789abcdef" in header
