"""Read what a collector of Prometheus says."""

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.parser import text_string_to_metric_families


class Metrics:
    """The samples of one look, by name and labels."""

    def __init__(self, text):
        self.text = text
        self.samples = {
            (sample.name, frozenset(sample.labels.items())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples
        }

    def __call__(self, name, **labels):
        """The sum of the samples that have these labels; `None`: none has."""
        values = [
            value
            for (its_name, its_labels), value in self.samples.items()
            if its_name == f"pysock_{name}" and labels.items() <= its_labels
        ]
        return sum(values) if values else None

    def labels(self, name, label):
        """The values of a label."""
        return {
            dict(labels)[label]
            for (its_name, labels) in self.samples
            if its_name == f"pysock_{name}"
        }


def look(collector):
    """Let a registry collect, as an exporter does."""
    registry = CollectorRegistry()
    registry.register(collector)
    return Metrics(generate_latest(registry).decode())
