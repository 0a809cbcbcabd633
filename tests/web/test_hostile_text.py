"""Storyboards are written by strangers: their text is shown and never obeyed."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from domain import commands as c
from service.http.pages.html import h, safe
from tests.service.http.harness import requested

ATTACKS = (
    "<script>document.title='taken'</script>",
    "<img src=x onerror=\"document.title='taken'\">",
    "\"><svg onload=document.title='taken'>",
    "' autofocus onfocus='document.title=`taken`",
    "</template></table></main><iframe srcdoc='<script>parent.document.title=`taken`</script>'>",
    "<style>*{display:none}</style><base href=//evil.example/><meta http-equiv=refresh content='0;url=//evil.example'>",
    "{{7*7}} ${7*7} &lt;b&gt; &#x3c;script&#x3e;",
    "\x1b[31m\x00\x07\u202egnp.exe\u2066 \x85",
    "<a href=javascript:document.title='taken'>",
)


def hostile_storyboard():
    return [
        {"image_url": f"https://evil.example/{number}.png?{text}".replace("\x00", ""), "description": text}
        for number, text in enumerate(ATTACKS)
    ]


@pytest.mark.asyncio(loop_scope="session")
async def test_no_text_of_a_storyboard_is_run_or_asks_anybody(harness, window):
    answer = await harness.approve("a", storyboard=hostile_storyboard())
    assert answer.status_code == 202, answer.text
    await harness.given("a", requested(), c.LeaveUnresolved(token="token", reason=ATTACKS[0] + ATTACKS[1]))
    page = await window.open(f"{harness.url}/jobs/a")
    await page.locator('#line-state[data-state="live"]').wait_for()
    for summary in await page.locator(".event summary").all():
        await summary.click()
    await harness.given("a", c.Cancel(by=ATTACKS[2], reason=ATTACKS[4]))
    await page.locator('main[data-status="cancelled"]').wait_for()
    await page.locator(".event[data-event=JobCancelled]").wait_for()
    assert "taken" not in await page.title()
    assert await page.locator("iframe, base, meta[http-equiv], style, svg, script:not([src])").count() == 0
    assert await page.locator("[onerror], [onload], [onfocus], [srcdoc]").count() == 0
    await expect(page.get_by_text(ATTACKS[0], exact=True), "the words themselves are shown").to_have_count(1)
    await page.goto(f"{harness.url}/")
    await page.locator("tr[data-job-id=a]").wait_for()
    assert "taken" not in await page.title()


@pytest.mark.asyncio(loop_scope="session")
async def test_a_hostile_reason_is_not_run_when_it_arrives_live(harness, window):
    await harness.approve("a")
    page = await window.open(f"{harness.url}/")
    await page.locator('#line-state[data-state="live"]').wait_for()
    await harness.given("a", c.FailJob(reason="".join(ATTACKS)))
    await page.locator('tr[data-status="failed"]').wait_for()
    assert "taken" not in await page.title()
    assert await page.locator("table img, table svg, table iframe, style").count() == 0


@pytest.mark.parametrize("attack", ATTACKS)
def test_text_and_attributes_are_escaped(attack):
    html = h("p", attack, title=attack)
    assert html.count("<") == 2
    assert html.count('"') == 2


def test_control_characters_are_shown_and_those_that_turn_text_around_are_not_obeyed():
    assert safe("\x1b[31m\x00") == "\u241b[31m\u2400"
    assert safe("\u202egnp.exe") == "\ufffdgnp.exe"
    assert safe("two\nlines") == "two\nlines"
