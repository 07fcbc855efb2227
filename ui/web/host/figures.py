"""Where Prometheus reads the page's figures."""

from __future__ import annotations

from fastapi import FastAPI
from starlette.responses import Response

from ui.telemetry.metrics import CONTENT_TYPE, Metrics

PATH = "/metrics"


def serve_metrics(app: FastAPI, metrics: Metrics) -> None:
    """Give an app the address of its figures; the door stands before it as before every page."""

    def figures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})

    app.get(PATH)(figures)
