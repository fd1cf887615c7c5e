"""A deletion certificate for people."""

from collections import defaultdict

from rich.console import Console
from rich.markup import escape

from cli.output import short_time, table
from client.models import Certificate, CertificateEntry
from domain.counting import counted

REMAINS = "; "
"""In a proof, between the question with its answer and each thing that is left behind on purpose."""


def print_certificate(console: Console, certificate: Certificate) -> None:
    """Who and when, then per kind how many things were proven gone and how; the JSON has every single one."""
    console.print(
        f"[bold]Deletion certificate[/] of {escape(certificate['slug'])} "
        f"(tenant {certificate['tenant_id']}), "
        f"issued {short_time(certificate['issued_at'])} UTC"
    )
    kinds: dict[tuple[str, str], list[CertificateEntry]] = defaultdict(list)
    skipped = [entry for entry in certificate["entries"] if entry["skipped"]]
    proven = [entry for entry in certificate["entries"] if not entry["skipped"]]
    for entry in proven:
        # Kubernetes kinds come as <apiVersion>/<Kind>.
        kinds[entry["provider"], entry["kind"].rpartition("/")[2]].append(entry)
    rows = (
        [provider, escape(kind), len(entries), escape(_shortened(entries[0]))]
        for (provider, kind), entries in sorted(kinds.items())
    )
    console.print(table(["PROVIDER", "KIND", "GONE", "HOW IT WAS ASKED (THE FIRST ONE)"], rows))
    was, are = ("was", "is") if len(proven) == 1 else ("were", "are")
    never = sum(entry["made_at"] is None for entry in proven)
    console.print(
        f"{counted(len(proven), 'thing')} {was} looked for and {are} not there"
        + (f"; {never} of them {'was' if never == 1 else 'were'} never made" if never else "")
    )
    _print_kept(console, proven)
    if skipped:
        console.print(f"[bold red]{counted(len(skipped), 'thing')} may still be there:[/]")
    for entry in skipped:
        console.print(f"  {escape(entry['kind'])} {escape(entry['name'])}: {escape(entry['proof'])}")


def _print_kept(console: Console, entries: list[CertificateEntry]) -> None:
    """What outlives a thing that is gone, such as the final snapshot of a database."""
    kept = [(entry, text) for entry in entries for text in entry["proof"].split(REMAINS)[1:]]
    if kept:
        console.print("[bold]Kept[/], a copy of the tenant's data each:")
    for entry, text in kept:
        console.print(f"  {escape(entry['kind'])} {escape(entry['name'])}: {escape(text)}", soft_wrap=True)


def _shortened(entry: CertificateEntry) -> str:
    """The proof without the tenant's namespace in every path, and without what is kept."""
    namespace = entry.get("namespace")
    proof: str = entry["proof"].split(REMAINS)[0]
    return proof.replace(f"/namespaces/{namespace}/", "/…/") if namespace else proof
