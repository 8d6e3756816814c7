"""A dashboard that lets go of what a visit can spare at once, and soon of the visit; its argument is the port."""

import os
import sys

os.environ["OMP_NUM_THREADS"] = "1"

import serve
from ui import upkeep

upkeep.TICK_S = 0.2

if __name__ == "__main__":
    serve.app.run(
        config={
            "server.address": "127.0.0.1",
            "server.port": int(sys.argv[1]),
            "server.disconnectedSessionTTL": 6,
        }
    )
