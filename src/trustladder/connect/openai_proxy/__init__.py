"""An OpenAI-compatible proxy with the gate inside: change ``base_url``, keep the code (ADR 0003)."""

from trustladder.connect.openai_proxy.app import create_proxy

__all__ = ["create_proxy"]
