"""The app as an MCP server for coding agents: its tools, and the server that offers them."""

from ui.agents.server import AgentServer, agent_server

__all__ = [
    "AgentServer",
    "agent_server",
]
