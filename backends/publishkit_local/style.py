"""The frame and the look of every page: one file, no scripts, nothing from elsewhere."""

from __future__ import annotations

from typing import Final

from publishkit_local.markup import Html, join, tag

__all__ = ["badge", "page"]

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' file:; "
    "base-uri 'none'; form-action 'none'"
)
_CSS: Final = """
:root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--text:#1b2430;--soft:#566173;
--line:#dbe0e7;--link:#0a58a8;--draft:#7a4b00;--draft-back:#fff1d6;--done:#11603a;
--done-back:#dcf4e6;--note:#eaf2fb}
@media (prefers-color-scheme:dark){:root{--page:#11151b;--card:#191f28;--text:#e5e9ef;
--soft:#a3aebd;--line:#323b48;--link:#84bdf7;--draft:#ffd28a;--draft-back:#463210;
--done:#93e2b5;--done-back:#123d28;--note:#1d2c3f}}
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--text);line-height:1.55;
font:1rem/1.55 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;
overflow-wrap:break-word}
a{color:var(--link);text-underline-offset:.15em}
a:not([href]){color:inherit}
a:focus-visible,summary:focus-visible{outline:3px solid var(--link);outline-offset:2px;
border-radius:2px}
.skip{position:absolute;left:-99rem}.skip:focus{left:1rem;top:.5rem;background:var(--card);
padding:.5rem 1rem;z-index:1}
header,main,footer{max-width:70rem;margin:0 auto;padding:0 1.25rem}
header,main{padding-top:1rem}
header+main{padding-top:0}
.badge+h1{margin-top:.35rem}
header nav{font-size:.95rem}
footer{color:var(--soft);font-size:.875rem;padding-bottom:2rem}
h1{font-size:clamp(1.4rem,1.1rem + 1.6vw,2.1rem);line-height:1.2;margin:.6rem 0;
letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.15rem;margin:0 0 .75rem}
h3{font-size:1rem;margin:1rem 0 .4rem}
.badge{display:inline-block;padding:.1rem .6rem;border-radius:1rem;font-size:.8rem;
font-weight:600;vertical-align:middle}
.badge.draft{color:var(--draft);background:var(--draft-back)}
.badge.published{color:var(--done);background:var(--done-back)}
.facts{color:var(--soft);margin:.25rem 0 .75rem}
.facts>span{display:inline-block}
.facts>span+span::before{content:"\\00b7";margin:0 .5em}
.card{background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:1.25rem;margin:1.25rem 0;min-width:0}
.note{background:var(--note);border-left:4px solid var(--link);border-radius:.3rem;
padding:.75rem 1rem;margin:1rem 0}
.note p{margin:0}
.columns{display:grid;grid-template-columns:minmax(0,1fr);gap:0 1.25rem}
@media (min-width:60rem){.columns{grid-template-columns:minmax(0,2fr) minmax(0,1fr)}}
ul.plain{list-style:none;margin:0;padding:0}
ul.plain>li+li{margin-top:.4rem}
ul.people{display:flex;flex-wrap:wrap;gap:.2rem 1.25rem}
ul.people>li+li{margin-top:0}
details{margin:.5rem 0}
summary{cursor:pointer;color:var(--link)}
header~main>.badge{margin-top:.75rem}
.soft{color:var(--soft);font-size:.925rem}
.as-typed{white-space:pre-line}
.card>:last-child,.card>div>:last-child{margin-bottom:0}
.prose>:first-child{margin-top:0}
.prose table{border-collapse:collapse;display:block;overflow-x:auto}
.prose td,.prose th{border:1px solid var(--line);padding:.25rem .6rem}
blockquote{border-left:3px solid var(--line);margin-left:0;padding-left:1rem}
dl{margin:0;display:grid;gap:.75rem}
dt{color:var(--soft);font-size:.85rem}
dd{margin:0}
figure{margin:0 0 1rem}
figure img{display:block;max-width:100%;max-height:24rem;height:auto;border-radius:.3rem;
background:#fff;margin:0 auto}
figcaption{color:var(--soft);font-size:.85rem;text-align:center;margin-top:.35rem}
code,pre{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;
font-size:.85em}
pre{overflow-x:auto;background:var(--page);border:1px solid var(--line);border-radius:.4rem;
padding:.7rem .9rem;white-space:pre-wrap;overflow-wrap:anywhere}
.files{width:100%;border-collapse:collapse}
.files th,.files td{text-align:left;padding:.45rem .75rem .45rem 0;vertical-align:baseline;
border-top:1px solid var(--line)}
.files thead th{border-top:0;color:var(--soft);font-size:.85rem;font-weight:600}
.files th.folder{padding-top:.9rem;font-weight:600;overflow-wrap:anywhere}
.files td:first-child{overflow-wrap:anywhere}
.files .in td:first-child{padding-left:1.25rem}
.files .size{white-space:nowrap;text-align:right}
.files .sum{width:46%;padding-right:0}
.files .sum code{color:var(--soft);overflow-wrap:anywhere;font-size:.72rem;line-height:1.35;
display:block}
@media (max-width:45rem){.files thead{position:absolute;left:-99rem}
.files tr{display:grid;grid-template-columns:minmax(0,1fr) auto;
border-top:1px solid var(--line);padding:.45rem 0}
.files th,.files td{border:0;padding:0}.files td.size{padding-left:.75rem}
.files .sum,.files th.folder{grid-column:1/-1;width:auto}.card{padding:1rem}
.files .in td:first-child,.files .in .sum{padding-left:1rem}}
ul.records{margin-bottom:2rem}
.records>li{background:var(--card);border:1px solid var(--line);border-radius:.6rem;
padding:1rem 1.25rem;margin:.75rem 0}
.records h3{margin:0 0 .25rem;font-size:1.05rem;line-height:1.35}
.records p{margin:0}
@media print{body,.card{background:#fff}.card{border:0;padding:0}header nav,.skip{display:none}}
"""


def page(title: str, *, nav: Html, main: Html, footer: Html) -> Html:
    """A whole page.

    Args:
        title: What the browser shows as its name.
        nav: The way to other pages; may be empty.
        main: What the page is for.
        footer: Who made it.
    """
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("style", Html(_CSS)),
    )
    skip = tag("a", "Skip to the content", href="#main", class_="skip")
    top = tag("header", tag("nav", nav, aria_label="Archive")) if nav else ""
    body = [skip, top, tag("main", main, id="main"), tag("footer", footer)]
    html = tag("html", head, "\n", tag("body", join(body, "\n")), lang="en")
    return Html(f"<!DOCTYPE html>\n{html}\n")


def badge(state: str) -> Html:
    """A state, as a label that does not depend on colour."""
    return tag("span", state.capitalize(), class_=f"badge {state}")
