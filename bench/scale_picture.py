"""At how many tenants each limit comes, on a logarithmic line."""

from html import escape
from math import log10

from bench.scale_model import DRIFT_PER_MINUTE, QUOTAS, SCAN_SECONDS, database_gb

WIDTH, LEFT, TOP, STEP = 860, 330, 44, 26
FIRST, LAST = 10, 2_000_000
RDS_GB = 64 * 1.024**4 * 1_000
"""The most that one RDS instance stores: 64 TiB."""
QUOTA, ENGINE = "#8a94a3", "#c2410c"


def picture() -> str:
    """SVG."""
    marks = sorted(_marks())
    height = TOP + STEP * (len(marks) + 1)
    legend = (
        f'<tspan fill="{QUOTA}">quotas of AWS</tspan>, <tspan fill="{ENGINE}">the engine as it is</tspan>'
    )
    fonts = 'font-family="sans-serif" font-size="13"'
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" {fonts}>',
        f'<rect width="{WIDTH}" height="{height}" fill="white"/>',
        f'<text x="12" y="20">Tenants at which each limit comes: {legend}</text>',
        *_ticks(height),
    ]
    for row, (tenants, what, colour) in enumerate(marks):
        y = TOP + STEP * row + 8
        lines += [
            f'<text x="{LEFT - 8}" y="{y + 13}" text-anchor="end">{escape(what)}</text>',
            f'<rect x="{LEFT}" y="{y}" width="{_x(tenants) - LEFT:.0f}" height="17" fill="{colour}"/>',
            f'<text x="{_x(tenants) + 5:.0f}" y="{y + 13}">{tenants:,}</text>',
        ]
    return "\n".join([*lines, "</svg>"]) + "\n"


def _marks() -> list[tuple[int, str, str]]:
    quotas = [(one.tenants(one.default), one.thing, QUOTA) for one in QUOTAS]
    roles = next(one for one in QUOTAS if one.raised)
    return [
        *quotas,
        (roles.tenants(roles.raised or 0), "one account: IAM roles, raised", ENGINE),
        (DRIFT_PER_MINUTE * SCAN_SECONDS // 60, "a scan for drift takes an hour", ENGINE),
        (int(RDS_GB / database_gb(1, 36)), "one database of 64 TiB, after three years", ENGINE),
    ]


def _ticks(height: int) -> list[str]:
    lines = []
    for power in range(1, 7):
        x = _x(10**power)
        lines += [
            f'<line x1="{x:.0f}" y1="{TOP - 4}" x2="{x:.0f}" y2="{height - 14}" stroke="#e2e6eb"/>',
            f'<text x="{x:.0f}" y="{TOP - 8}" text-anchor="middle" fill="#667">{10**power:,}</text>',
        ]
    return lines


def _x(tenants: float) -> float:
    share = (log10(tenants) - log10(FIRST)) / (log10(LAST) - log10(FIRST))
    return LEFT + share * (WIDTH - LEFT - 90)
