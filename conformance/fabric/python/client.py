"""Foreign Python clients, pointed at servers by URL alone; prints what they saw as JSON."""

import asyncio
import json
import os
import time

import jwt
import py_eureka_client.eureka_client as eureka
import requests
from authlib.integrations.requests_client import OAuth2Session
from config.spring import ConfigClient

env = os.environ


def configuration():
    client = ConfigClient(address=env["FABRIC_CONFIG_URL"], app_name="front", profile="dev,eu", label="main")
    client.get_config()
    return {name: client.get(f"fabric.{name}") for name in ("profile", "application", "last", "sealed")}


def identity():
    issuer = env["FABRIC_ISSUER"]
    metadata = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=20).json()
    session = OAuth2Session("headwater-service", "headwater-service-secret")
    token = session.fetch_token(metadata["token_endpoint"], grant_type="client_credentials")["access_token"]
    keys = jwt.PyJWKClient(metadata["jwks_uri"])

    def verify(text):
        key = keys.get_signing_key_from_jwt(text).key
        return jwt.decode(text, key, algorithms=["RS256"], issuer=issuer, options={"verify_aud": False})

    def is_refused(text):
        try:
            verify(text)
        except jwt.PyJWTError:
            return True
        return False

    claims = verify(token)
    # Its own signature under other claims.
    parts, other = token.split("."), env["FABRIC_FOREIGN_TOKEN"].split(".")
    mixed = ".".join([parts[0], other[1], parts[2]])
    answer = session.get(f"{env['FABRIC_ECHO_URL']}/operator", timeout=20)
    return {
        "roles": claims["realm_access"]["roles"],
        "isForeignRefused": is_refused(env["FABRIC_FOREIGN_TOKEN"]),
        "isMixedRefused": is_refused(mixed),
        "called": answer.status_code,
    }


async def discovery():
    url = f"{env['FABRIC_EUREKA_URL']}/eureka/"
    await eureka.init_async(
        eureka_server=url,
        app_name="python",
        instance_port=int(env["SERVER_PORT"]),
        instance_host="127.0.0.1",
        instance_ip="127.0.0.1",
        renewal_interval_in_secs=2,
    )

    def status_after(wanted):
        # Eureka answers from a cache that is half a second old.
        for _ in range(50):
            status = requests.get(f"{url}apps/PYTHON", headers={"accept": "application/json"}, timeout=20).status_code
            if status == wanted:
                break
            time.sleep(0.1)
        return status

    answer = await eureka.do_service_async("ECHO", "/echo?text=python")
    listed = status_after(200)
    await eureka.stop_async()
    return {"text": json.loads(answer)["text"], "listed": listed, "afterStop": status_after(404)}


parts = {"config": configuration, "identity": identity, "discovery": lambda: asyncio.run(discovery())}
wanted = env["FABRIC_PART"]
print("RESULT " + json.dumps(parts[wanted]()), flush=True)
# Threads of the clients hold nobody up.
os._exit(0)
