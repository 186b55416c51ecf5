"""The client of the daemon's API, standard library only.

>>> from trainauto_tui.client import Client, unix
>>> from trainautod.home import home_directory, socket_path
>>> client = Client(unix(socket_path(home_directory())))
"""

from trainauto_tui.client.api import Client, LogSlice
from trainauto_tui.client.transport import Connect, unix

__all__ = ["Client", "Connect", "LogSlice", "unix"]
