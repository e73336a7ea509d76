"""A Zenoh router that passes on what others send: hub.py ENDPOINT. Prints a line when it listens."""
import json, sys, threading, zenoh

config = zenoh.Config()
config.insert_json5("mode", '"router"')
config.insert_json5("listen/endpoints", json.dumps(sys.argv[1:]))
config.insert_json5("scouting/multicast/enabled", "false")
config.insert_json5("transport/link/tx/lease", "2000")
config.insert_json5("transport/link/tcp/so_sndbuf", "65536")
config.insert_json5("transport/link/tcp/so_rcvbuf", "65536")
with zenoh.open(config):
    print("listening", flush=True)
    threading.Event().wait()
