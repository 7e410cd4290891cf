"""The one picture of the mail: where the money is, by reason and age."""

from __future__ import annotations

import io

from recon_engine.money import Money
from recon_engine.render.report import BUCKETS, Report, shown

SHADES = ("#cfe6fb", "#86c1f2", "#2f80d0", "#f5a623", "#c0392b")
"""One a bucket, from young to old."""
SHOWN = 8
"""Reasons that the picture holds; the rest is in the table below it."""


def exceptions_chart(report: Report) -> bytes:
    """Return a PNG of the exceptions, the most money on top; each bar says its items and its sum.

    Lengths are shares of the picture alone: what is printed is counted in minor units.
    """
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib.figure import Figure

    reasons = report.reasons[:SHOWN]
    figure = Figure(figsize=(6.8, 0.9 + 0.34 * len(reasons)), dpi=110, layout="constrained")
    axes = figure.subplots()
    longest = max((reason.base_minor for reason in reasons), default=0) or 1
    for place, reason in enumerate(reasons):
        left = 0
        for minor, shade in zip(reason.by_bucket, SHADES, strict=True):
            axes.barh(place, minor, left=left, color=shade, height=0.62)
            left += minor
        axes.annotate(
            f"{shown(Money(reason.base_minor, report.currency))}  ({reason.count})",
            (left, place),
            xytext=(5, 0),
            textcoords="offset points",
            va="center",
            fontsize=8,
        )
    axes.set_yticks(range(len(reasons)), [reason.title for reason in reasons], fontsize=8.5)
    axes.invert_yaxis()
    axes.set_xlim(0, longest + longest * 2 // 5)
    axes.set_xticks([])
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    handles = [mpl.patches.Patch(color=shade) for shade in SHADES]
    labels = [f"{bucket} days" for bucket in BUCKETS]
    figure.legend(handles, labels, loc="outside upper center", ncols=5, fontsize=7.5, frameon=False)
    target = io.BytesIO()
    figure.savefig(target, format="png", metadata={"Software": None})
    return target.getvalue()
