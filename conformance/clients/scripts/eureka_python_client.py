"""PyPI's py_eureka_client. Called as: script.py URL NAME SCENARIO."""

import asyncio
import sys
import time

import py_eureka_client.eureka_client as eureka
from py_eureka_client.eureka_basic import get_applications, get_delta

url, name, _scenario = sys.argv[1:4]
errors = []


def client(instance_id, register=True):
    return eureka.EurekaClient(
        eureka_server=url + "/",
        app_name=name,
        instance_id=instance_id,
        instance_host="127.0.0.1",
        instance_ip="127.0.0.1",
        instance_port=8080,
        renewal_interval_in_secs=1,
        duration_in_secs=6,
        should_register=register,
        metadata={"zone": "a"},
        on_error=lambda kind, error: errors.append((kind, str(error))),
    )


async def until(what, condition, timeout=60):
    end = time.monotonic() + timeout
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"waited {timeout} s for {what}; errors: {errors}")
        await asyncio.sleep(0.1)


def ups(one):
    application = one.applications.get_application(name) if one.applications else None
    return sorted(i.instanceId for i in application.up_instances) if application else []


async def main():
    first, second = client(name + ":1"), client(name + ":2")
    await first.start()
    await second.start()
    await until("both instances", lambda: ups(first) == [name + ":1", name + ":2"])
    instance = first.applications.get_application(name).get_instance(name + ":1")
    assert instance.metadata["zone"] == "a", instance.metadata
    assert (instance.port.port, instance.port.enabled) == (8080, True)
    assert instance.dataCenterInfo.name == "MyOwn"
    # Longer than the lease: heartbeats keep both.
    await asyncio.sleep(7)
    assert ups(first) == [name + ":1", name + ":2"], ups(first)
    await second.status_update("OUT_OF_SERVICE")
    await until("one out of service", lambda: ups(first) == [name + ":1"])
    await second.delete_status_override()
    await until("it to be back", lambda: ups(first) == [name + ":1", name + ":2"])
    full = await get_applications(url + "/", [])
    delta = await get_delta(url + "/", [])
    assert full.appsHashcode == delta.appsHashcode, (full.appsHashcode, delta.appsHashcode)
    # A client that is stopped registers again with its next heartbeat (on any server): who leaves is not waited for.
    await second.stop()
    await first.stop()
    # The heartbeat after the override is refused, so that it registers again: that is told as an error of the heartbeat.
    assert not [kind for kind, _ in errors if kind != eureka.ERROR_STATUS_UPDATE], errors


asyncio.run(main())
sys.exit(0)
