"""What this exhibit keeps for everybody, as long as the server's budget has room: answers, small pictures and cards."""

from __future__ import annotations

from typing import Any

from zfnet_core.serving.cache_budget import Cache

kept: Cache[Any] = Cache()
