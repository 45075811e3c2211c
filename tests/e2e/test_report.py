"""The report in a real browser: no console message, no request, nothing wider than the window, both languages and themes."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from assess.report import kit
from zhuoyu.assess import report

BROWSER = next((found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no browser: install Debian's package chromium to run the report in one")

PROBE = """
<script>
addEventListener("load", () => setTimeout(() => {
  const said = [];
  const han = (e) => [...e.childNodes].some((n) => n.nodeType === 3 && /[\\u4e00-\\u9fff]/.test(n.data));
  const see = (name) => {
    const root = document.documentElement, seen = (e) => e.offsetParent !== null || e.getClientRects().length > 0;
    const spans = [...document.querySelectorAll(".l")].filter(seen);
    said.push({name, lang: root.lang, theme: root.dataset.theme, title: document.title,
      wide: root.scrollWidth - root.clientWidth, ground: getComputedStyle(document.body).backgroundColor,
      shown: [...new Set(spans.map((s) => s.lang))].join(), h1: document.querySelector("h1").innerText,
      small: [...document.querySelectorAll("main *")].filter((e) => seen(e) && han(e)
        && parseFloat(getComputedStyle(e).fontSize) < 12).length,
      requests: performance.getEntriesByType("resource").length});
  };
  const click = (s) => document.querySelector(s).click();
  see("start"); click("[data-value=zh]"); see("zh"); click("[data-act=theme]"); see("light"); click("[data-act=theme]"); see("dark");
  click("[data-value=en]"); for (const d of document.querySelectorAll("details")) d.open = true; see("open");
  document.body.insertAdjacentHTML("beforeend", `<pre id="probe"></pre>`);
  document.getElementById("probe").textContent = "PROBE" + JSON.stringify(said) + "EBORP";
}, 50));
</script>
"""


@pytest.fixture(scope="module")
def page():
    data = kit.tables()
    facts = report.gather(data, kit.record(data), kit.assessment(), kit.masked)
    return report.render(facts | {"language": "en", "fingerprint": "ed25519 3f:9c"})


def browse(folder: Path, page: str, *options: str) -> subprocess.CompletedProcess[str]:
    path = folder / "report.html"
    path.write_text(page, encoding="utf-8")
    command = [str(BROWSER), "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--enable-logging=stderr", "--v=0",
               f"--user-data-dir={folder / 'profile'}", *options, path.as_uri()]  # fmt: skip
    return subprocess.run(command, capture_output=True, text=True, timeout=90, check=True)


def console(done: subprocess.CompletedProcess[str]) -> list[str]:
    return [line for line in done.stderr.splitlines() if "CONSOLE" in line]


@pytest.mark.parametrize("width", [1280, 390])
def test_switches_work_and_nothing_is_wider_than_the_window(page, tmp_path, width):
    import json

    # The probe is a foreign script, which the page's policy forbids: it is let in for the test.
    open_policy = re.sub(r"script-src '[^']*'", "script-src 'unsafe-inline'", page.replace("&#39;", "'"), count=1)
    assert open_policy != page
    done = browse(
        tmp_path,
        open_policy.replace("</body>", PROBE + "</body>"),
        f"--window-size={width},900",
        "--virtual-time-budget=4000",
        "--dump-dom",
    )
    said = json.loads(
        done.stdout.split('id="probe">PROBE')[1].split("EBORP")[0].replace("&amp;", "&").replace("&gt;", ">").replace("&lt;", "<")
    )
    states = {s["name"]: s for s in said}
    assert states["start"]["shown"] == "en"
    assert states["zh"]["shown"] == "zh-Hans"
    assert "收进" in states["zh"]["h1"]
    assert "came in" in states["open"]["h1"]
    assert states["light"]["ground"] != states["dark"]["ground"]
    assert {s["requests"] for s in said} == {0}
    assert {s["wide"] for s in said} == {0}
    assert {s["small"] for s in said} == {0}
    assert not console(done)


def test_the_policy_lets_its_own_script_run_and_no_other(page, tmp_path):
    done = browse(tmp_path, page, "--virtual-time-budget=2000", "--dump-dom")
    assert re.search(r'<html[^>]* class="js"', done.stdout)
    assert not console(done)
    other = browse(
        tmp_path, page.replace("</body>", "<script>document.body.id='broken'</script></body>"), "--virtual-time-budget=2000", "--dump-dom"
    )
    assert 'id="broken"' not in other.stdout.split("<script>", 1)[0]
    assert any("Content Security Policy" in line for line in console(other))


def test_it_is_readable_without_script(page, tmp_path):
    bare = re.sub(r"<script.*?</script>", "", page, flags=re.DOTALL)
    done = browse(tmp_path, bare, f"--screenshot={tmp_path / 'bare.png'}", "--window-size=1280,2000")
    assert (tmp_path / "bare.png").stat().st_size > 50_000
    assert not console(done)


def test_it_prints_on_a4(page, tmp_path):
    browse(tmp_path, page, f"--print-to-pdf={tmp_path / 'report.pdf'}", "--no-pdf-header-footer")
    raw = (tmp_path / "report.pdf").read_bytes()
    sizes = {tuple(round(float(n)) for n in m) for m in re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", raw)}
    assert sizes == {(595, 842)} or sizes == {(594, 841)} or sizes == {(595, 841)}
    assert raw.count(b"/Type /Page\n") + raw.count(b"/Type /Page ") < 25
