"""Anomalies by plain statistics. Room: runtime."""

from wilkc.runtime.alerts.anomaly.rule import Anomaly

__all__ = ["Anomaly"]
