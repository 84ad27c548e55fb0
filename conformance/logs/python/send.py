# Sends log records as Python services do: python-logstash-async over TCP, Beats and HTTP, and the standard library's syslog handler.
import logging
import logging.handlers
import socket
import sys

from logstash_async.formatter import LogstashFormatter
from logstash_async.handler import AsynchronousLogstashHandler
from logstash_async.transport import BeatsTransport, HttpTransport, TcpTransport

host, port, syslog_port = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])


def logger_with(name, handler):
    logger = logging.getLogger(name)
    logger.setLevel(logging.INFO)
    logger.addHandler(handler)
    return logger


timeouts = dict(ssl_enable=False, ssl_verify=False, ssl_verify_flags=None, keyfile=None, certfile=None, ca_certs=None, timeout=10.0)
transports = {
    "python-tcp": TcpTransport(host, port, **timeouts),
    "python-beats": BeatsTransport(host, port, **timeouts),
    "python-http": HttpTransport(host, port, ssl_enable=False, timeout=10.0),
}
for name, transport in transports.items():
    handler = AsynchronousLogstashHandler(host, port, database_path=None, transport=transport)
    handler.setFormatter(LogstashFormatter(extra_prefix=None, extra=dict(service=name)))
    logger = logger_with(name, handler)
    logger.warning("hello from %s", name, extra=dict(order=17))
    try:
        1 / 0
    except ZeroDivisionError:
        logger.exception("failed")
    handler.flush()
    handler.close()

for name, kind in (("python-syslog-udp", socket.SOCK_DGRAM), ("python-syslog-tcp", socket.SOCK_STREAM)):
    handler = logging.handlers.SysLogHandler(address=(host, syslog_port), socktype=kind)
    handler.ident = name + ": "
    if kind == socket.SOCK_STREAM:
        handler.append_nul = False
        handler.setFormatter(logging.Formatter("%(message)s\n"))
    logger_with(name, handler).error("hello from %s", name)
    handler.close()
