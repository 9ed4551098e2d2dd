"""Loaded by Python before the program. Not every client heeds the variables of
its environment, so these hosts have the address of rtkmock, and whoever trusts
certificates of its own choice trusts rtkmock's as well. All else is as it was."""
import importlib.machinery
import importlib.util
import os
import socket
import sys

_HERE = os.path.dirname(os.path.abspath(__file__))
_CERTIFICATE = os.path.join(os.path.dirname(_HERE), "ca.pem")
_HOSTS = frozenset(__HOSTS__)
_PORT = __PORT__


def _unknown(name):
    """Whether a fault has this name lead nowhere at present."""
    try:
        with open(os.path.join(os.path.dirname(_HERE), "unknown-names")) as names:
            return name in names.read().split("\n")
    except OSError:
        return False


def _lead(real):
    def getaddrinfo(host, port, *args, **kwargs):
        name = host.decode("ascii", "replace") if isinstance(host, (bytes, bytearray)) else host
        if isinstance(name, str) and name.lower().rstrip(".") in _HOSTS and port in (443, "443", b"443", "https", b"https"):
            if _unknown(name.lower().rstrip(".")):
                raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
            host, port = "127.0.0.1", _PORT
            # One that asks for addresses of IPv6 alone would find none.
            if args and args[0] == socket.AF_INET6:
                args = (socket.AF_UNSPEC,) + args[1:]
            elif kwargs.get("family") == socket.AF_INET6:
                kwargs["family"] = socket.AF_UNSPEC
        return real(host, port, *args, **kwargs)

    return getaddrinfo


def _trust(ssl):
    real = ssl.SSLContext.load_verify_locations

    def load_verify_locations(self, *args, **kwargs):
        real(self, *args, **kwargs)
        real(self, _CERTIFICATE)

    ssl.SSLContext.load_verify_locations = load_verify_locations


class _WhenSSLIsImported:
    """To import ssl here would slow down every Python program."""

    def find_spec(self, name, path=None, target=None):
        if name != "ssl":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        real = spec.loader.exec_module

        def exec_module(module):
            real(module)
            _trust(module)

        spec.loader.exec_module = exec_module
        return spec


def _next():
    """Runs the sitecustomize that this one has been put before."""
    path = [p for p in sys.path if os.path.abspath(p or ".") != _HERE]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", path)
    if spec and spec.loader:
        module = importlib.util.module_from_spec(spec)
        sys.modules["sitecustomize"] = module
        spec.loader.exec_module(module)


socket.getaddrinfo = _lead(socket.getaddrinfo)
sys.meta_path.insert(0, _WhenSSLIsImported())
_next()
