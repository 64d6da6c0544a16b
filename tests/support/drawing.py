"""For tests that draw in this process."""

import pytest


@pytest.fixture(scope="module")
def fonts():
    """matplotlib keeps the fonts open that it has used."""
    pytest.importorskip("matplotlib")
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure()
    FigureCanvasAgg(figure)
    figure.text(0.5, 0.5, "µ")
    figure.text(0.5, 0.5, "µ", fontweight="bold")
    figure.canvas.draw()
