"""Lays out the sources of the site for MkDocs: assemble.py REPOSITORY CHECKS WORK

REPOSITORY/docs/navigation.tsv names the pages in their order; CHECKS holds the pages that `scimulate list --pages`
writes. WORK gets mkdocs.yml and, in WORK/pages, every page and every file that a page links to. docs/ becomes the root
of the site, so that its pages keep their names.
"""

import csv
import json
import re
import shutil
import sys
from pathlib import Path, PurePosixPath

LINK = re.compile(r"(\]\()([^)\s]+)(\))")
# Two spaces make a list inside another for GitHub; for MkDocs it takes four.
INNER_LIST = re.compile(r"^( +)(?=[-*] )", re.MULTILINE)
# The code between fences is shown as it is.
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
SUMMARY = (
    "scimulate plays Microsoft Entra ID's provisioning service against a SCIM 2.0 server and judges every answer: "
    "what the server did wrong, what the customer's administrator would see, and how to fix it."
)


def place(page):
    """Where a file of the repository is in the site; None for a file that the site has no place for."""
    if page == "README.md":
        return "index.md"
    if page.startswith(("docs/", "checks/")):
        return page.removeprefix("docs/")
    return page if page.endswith(".md") else f"files/{page}"


def resolved(page, link):
    """The file of the repository that a link of a page leads to."""
    parts = []
    for part in (PurePosixPath(page).parent / link).parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


class Site:
    def __init__(self, repository, checks, work):
        self.repository, self.checks, self.pages = repository, checks, work / "pages"

    def source(self, page):
        if page.startswith("checks/"):
            return self.checks / page.removeprefix("checks/")
        return self.repository / page

    def write(self, page):
        """Copies a page, with its links changed to where the files are in the site."""

        def changed(match):
            link, _, anchor = match[2].partition("#")
            if not link or "://" in link:
                return match[0]
            target = resolved(page, link)
            if self.source(target).is_dir():
                target = self.listing(target)
            elif not target.endswith(".md") and self.source(target).is_file():
                self.copy(target)
            up = "../" * (len(PurePosixPath(place(page)).parts) - 1)
            return f"{match[1]}{up}{place(target)}{'#' + anchor if anchor else ''}{match[3]}"

        text = self.source(page).read_text(encoding="utf-8")
        # What a link is not changed to leads nowhere, and MkDocs says so.
        parts = FENCE.split(text)
        parts[::2] = [INNER_LIST.sub(r"\1\1", LINK.sub(changed, part)) for part in parts[::2]]
        path = self.pages / place(page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("".join(parts), encoding="utf-8")

    def copy(self, file):
        path = self.pages / place(file)
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.source(file), path)

    def listing(self, folder):
        """A page of the files in a folder, which is what a link to the folder leads to."""
        name = f"{folder}/index.md"
        lines = [f"# {folder}", ""]
        for file in sorted(self.source(folder).iterdir()):
            if file.is_file():
                self.copy(f"{folder}/{file.name}")
                lines.append(f"- [{file.name}]({file.name})")
        path = self.pages / place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return name


def navigation(repository):
    """The rows of the navigation by section, in their order."""
    sections = {}
    with open(repository / "docs/navigation.tsv", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE):
            sections.setdefault(row["section"], []).append(row)
    return sections


def configuration(sections, listed):
    """MkDocs' configuration: strict, and without anything from another host."""
    # A page of a check is found from the page of all checks.
    unlisted = "\n".join(sorted(f"/{page}" for page in listed))
    return {
        "site_name": "scimulate",
        "site_description": SUMMARY,
        "docs_dir": "pages",
        "use_directory_urls": False,
        "theme": {
            "name": "material",
            # Otherwise the pages fetch their fonts from Google.
            "font": False,
            "features": ["navigation.footer", "content.code.copy", "search.highlight"],
            "palette": [{"media": "(prefers-color-scheme)"}, {"media": "(prefers-color-scheme: dark)", "scheme": "slate"}],
        },
        "extra": {"generator": False},
        "plugins": ["search"],
        "markdown_extensions": [
            "tables",
            "pymdownx.superfences",
            {"pymdownx.highlight": {"use_pygments": True}},
            # The anchors of GitHub, which links in docs/ are written for.
            {"toc": {"permalink": True, "slugify": "!!python"}},
        ],
        "validation": {
            "nav": {"omitted_files": "warn", "not_found": "warn", "absolute_links": "warn"},
            "links": {"not_found": "warn", "anchors": "warn", "absolute_links": "warn", "unrecognized_links": "warn"},
        },
        "not_in_nav": unlisted,
        "nav": [
            {name: [{row["title"]: place(row["page"])} for row in rows]} for name, rows in sections.items()
        ],
    }


def for_models(sections):
    """The navigation in the form of llmstxt.org."""
    lines = ["# scimulate", "", f"> {SUMMARY}"]
    for name, rows in sections.items():
        lines += ["", f"## {name}", ""]
        for row in rows:
            page = place(row["page"]).replace("README.md", "index.md")
            lines.append(f"- [{row['title']}]({page.removesuffix('.md')}.html): {row['sentence']}")
    return "\n".join(lines) + "\n"


def main(repository, checks, work):
    sections = navigation(repository)
    site = Site(repository, checks, work)
    named = [row["page"] for rows in sections.values() for row in rows]
    of_checks = [f"checks/{path.relative_to(checks).as_posix()}" for path in sorted(checks.rglob("*.md"))]
    for page in dict.fromkeys(named + of_checks):
        site.write(page)
    listed = {path.relative_to(site.pages).as_posix() for path in site.pages.rglob("*.md")}
    listed -= {place(page) for page in named}
    settings = json.dumps(configuration(sections, listed), indent=2)
    # JSON is YAML, but for the one value that names a function.
    slugify = '!!python/object/apply:pymdownx.slugs.slugify {"kwds": {"case": "lower"}}'
    (work / "mkdocs.yml").write_text(settings.replace('"!!python"', slugify), encoding="utf-8")
    (site.pages / "llms.txt").write_text(for_models(sections), encoding="utf-8")


if __name__ == "__main__":
    main(*(Path(argument).resolve() for argument in sys.argv[1:4]))
