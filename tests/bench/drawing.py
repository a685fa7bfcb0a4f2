"""Draws cost curves as SVG: logarithmic in what grows, linear in cost, readable in light and dark."""

from __future__ import annotations

import math
from dataclasses import dataclass

WIDTH, HEIGHT, LEFT, BOTTOM, TOP = 380, 260, 56, 46, 40


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve: the cost in ms of CPU at each point."""

    name: str
    at: tuple[int, ...]
    cost: tuple[float, ...]


def draw(curves: list[Curve]) -> str:
    """Return an SVG with the curves side by side, both from zero and on one scale of cost."""
    most = max(max(curve.cost) for curve in curves) * 1.25
    panels = "".join(_panel(curve, place * WIDTH, most) for place, curve in enumerate(curves))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH * len(curves)} {HEIGHT}" '
        'font-family="system-ui, sans-serif" font-size="11">'
        "<title>CPU for each execution</title>"
        f'<rect width="100%" height="100%" rx="8" fill="#f8f9fa"/>{panels}</svg>\n'
    )


def _panel(curve: Curve, offset: int, most: float) -> str:
    low, high = math.log10(curve.at[0]), math.log10(curve.at[-1])
    points = [
        (
            offset + LEFT + (math.log10(at) - low) / (high - low) * (WIDTH - LEFT - 30),
            HEIGHT - BOTTOM - cost / most * (HEIGHT - BOTTOM - TOP),
        )
        for at, cost in zip(curve.at, curve.cost, strict=True)
    ]
    path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    base = HEIGHT - BOTTOM
    marks = "".join(
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="#4263eb"/>'
        f'<text x="{x:.1f}" y="{y - 10:.1f}" text-anchor="middle" fill="#212529">{cost:.2f}</text>'
        f'<text x="{x:.1f}" y="{base + 16}" text-anchor="middle" fill="#495057">{at:,}</text>'
        for (x, y), at, cost in zip(points, curve.at, curve.cost, strict=True)
    )
    middle = offset + LEFT + (WIDTH - LEFT - 30) / 2
    return (
        f'<text x="{offset + LEFT}" y="22" fill="#212529" font-weight="600">'
        "ms of CPU for each execution</text>"
        f'<line x1="{offset + LEFT}" y1="{base}" x2="{offset + WIDTH - 30}" y2="{base}" '
        'stroke="#adb5bd"/>'
        f'<polyline points="{path}" fill="none" stroke="#4263eb" stroke-width="2"/>{marks}'
        f'<text x="{middle:.1f}" y="{base + 34}" text-anchor="middle" fill="#495057">'
        f"{curve.name}</text>"
    )
