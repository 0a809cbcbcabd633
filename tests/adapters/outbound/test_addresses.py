"""Which addresses are public: the IANA registries, and every way to wrap a private one."""

from __future__ import annotations

import pytest

from adapters.outbound.addresses import is_public


def words(text: str) -> list[str]:
    return text.split()


PUBLIC = words("""
    1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 93.184.216.34 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1
    169.253.255.255 169.255.0.0 172.15.255.255 172.32.0.0 192.0.1.1 192.0.3.0 192.167.255.255 192.169.0.0
    198.17.255.255 198.20.0.0 203.0.112.255 203.0.114.0 223.255.255.255 168.63.129.15 168.63.129.17
    2001:4860:4860::8888 2606:4700::1111 2a00:1450:4001:80b::200e 2001:200::1 2003::1 2400:cb00::1 3ffe::1
    ::ffff:8.8.8.8 64:ff9b::8.8.8.8
""")

NOT_PUBLIC = words("""
    0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.100.100.200 100.127.255.255 127.0.0.1 127.1.2.3
    127.255.255.254 168.63.129.16 169.254.0.1 169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170
    192.0.2.1 192.88.99.1 192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.9 224.0.0.1
    239.255.255.250 240.0.0.1 255.255.255.255
    :: ::1 ::2 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:7f00:1
    ::ffff:0:127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::8.8.8.8 100::1
    2001::1 2001:0:7f00:1:: 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:2::1 2001:10::1 2001:20::1 2001:db8::1
    2002:7f00:1:: 2002:a00:1:: 2002:808:808:: 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd00:ec2::254 fdff::1
    fe80::1 fe80::1%eth0 febf::1 fec0::1 ff02::1 ff0e::1 2606:4700::1111%1
""")

UNREADABLE = ["", "localhost", "127.1", "0x7f.0.0.1", "2130706433", "0177.0.0.1", "8.8.8.8.", " 8.8.8.8", "8.8.8.8/32"]


@pytest.mark.parametrize("address", PUBLIC)
def test_an_address_of_the_public_internet_is_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_an_address_that_is_not_of_the_public_internet_is_not(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", UNREADABLE)
def test_what_is_no_address_is_not_public(address):
    assert not is_public(address)
