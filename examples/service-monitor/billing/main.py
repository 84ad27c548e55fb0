"""A service in Python, with the standard library only. It registers itself by Eureka's REST API."""
import json
import os
import signal
import sys
import threading
import time
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = int(os.environ.get("PORT", "8193"))
INSTANCE = os.environ.get("INSTANCE", "billing")
MONITOR = os.environ.get("MONITOR_URL", "http://127.0.0.1:9093")
EUREKA = os.environ.get("EUREKA_URL")
PARENT = os.getppid()
is_up = True


class Health(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"status": "UP" if is_up else "DOWN"}).encode()
        self.send_response((200 if is_up else 503) if self.path.startswith("/health") else 404)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def send(method, url, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60):
            return True
    except OSError:
        return False


def until_taken(*arguments):
    while not send(*arguments):
        time.sleep(0.2)


def instance():
    return {"instance": {
        "instanceId": INSTANCE, "app": "BILLING", "vipAddress": "billing", "hostName": "127.0.0.1", "ipAddr": "127.0.0.1", "status": "UP",
        "port": {"$": PORT, "@enabled": "true"}, "healthCheckUrl": f"http://127.0.0.1:{PORT}/health",
        "dataCenterInfo": {"@class": "com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo", "name": "MyOwn"},
        "leaseInfo": {"renewalIntervalInSecs": 5, "durationInSecs": 15}, "metadata": {"pid": str(os.getpid())},
    }}


def stay_registered():
    is_known = False
    while True:
        path = f"{EUREKA}/apps/BILLING"
        is_known = send("PUT", f"{path}/{INSTANCE}") if is_known else send("POST", path, instance())
        time.sleep(5 if is_known else 0.5)


def watch_parent():
    while os.getppid() == PARENT:
        time.sleep(0.5)
    os._exit(1)


def leave(*_):
    if EUREKA:
        send("DELETE", f"{EUREKA}/apps/BILLING/{INSTANCE}")
    os._exit(0)


signal.signal(signal.SIGTERM, leave)
server = ThreadingHTTPServer(("127.0.0.1", PORT), Health)
for target in [server.serve_forever, watch_parent] + ([stay_registered] if EUREKA else []):
    threading.Thread(target=target, daemon=True).start()

for step in os.environ.get("STEPS", "rest").split():
    word, _, value = step.partition(":")
    if word == "trigger":
        until_taken("POST", f"{MONITOR}/triggers", {"service": "billing", "instance": INSTANCE, "trigger": value})
    elif word == "notify":
        until_taken("POST", f"{MONITOR}/notify", {"service": "billing", "severity": value, "title": "Billing is about to end"})
    elif word == "log":
        print(json.dumps({"level": value, "service": "billing", "message": "an invoice by script"}), flush=True)
    elif word == "wait":
        time.sleep(int(value) / 1000)
    elif word in ("down", "up"):
        is_up = word == "up"
    elif word == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif word == "exit":
        sys.stdout.flush()
        os._exit(int(value))
    elif word == "rest":
        signal.pause()
