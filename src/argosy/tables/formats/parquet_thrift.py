"""Thrift's compact form, in which Parquet tells of itself: as much of it as that needs.

The library's own way to a footer's parts ends the process where some of them do not agree, so what
is needed of a footer is read here.
"""

from __future__ import annotations

from typing import Any

_MOST_DEEP = 16
Fields = dict[int, Any]


def read_struct(data: bytes, at: int, deep: int = 0) -> tuple[Fields, int]:
    """Return a structure's values by the numbers of their fields, and where it ends.

    Raises ValueError where it is none, and IndexError where it goes on behind the bytes.
    """
    if deep > _MOST_DEEP:
        raise ValueError("it is nested too deeply")
    found: Fields = {}
    field = 0
    while byte := data[at]:
        at += 1
        if byte >> 4:
            field += byte >> 4
        else:
            field, at = _number(data, at)
        found[field], at = read_value(data, at, byte & 15, deep)
    return found, at + 1


def read_value(data: bytes, at: int, kind: int, deep: int = 0) -> tuple[Any, int]:
    """Return a value of a kind, and where it ends. Raises as `read_struct` does."""
    if kind in {1, 2, 3}:
        return (data[at], at + 1) if kind == 3 else (kind == 1, at)
    if kind in {4, 5, 6}:
        return _number(data, at)
    if kind in {9, 10}:
        return _list(data, at, deep + 1)
    if kind == 12:
        return read_struct(data, at, deep + 1)
    if kind not in {7, 8}:
        raise ValueError("a value is of no kind that there is")
    length, at = (8, at) if kind == 7 else _unsigned(data, at)
    if at + length > len(data):
        raise IndexError
    return data[at : at + length], at + length


def _list(data: bytes, at: int, deep: int) -> tuple[list[Any], int]:
    if deep > _MOST_DEEP:
        raise ValueError("it is nested too deeply")
    count, kind, at = read_list_head(data, at)
    found: list[Any] = []
    for _ in range(count):
        one, at = (data[at] == 1, at + 1) if kind in {1, 2} else read_value(data, at, kind, deep)
        found.append(one)
    return found, at


def read_list_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Return how many values a list has, of which kind, and where they begin."""
    count, kind, at = data[at] >> 4, data[at] & 15, at + 1
    if count == 15:
        count, at = _unsigned(data, at)
    return count, kind, at


def _unsigned(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise ValueError("a number has no end")


def _number(data: bytes, at: int) -> tuple[int, int]:
    value, at = _unsigned(data, at)
    return (value >> 1) ^ -(value & 1), at
