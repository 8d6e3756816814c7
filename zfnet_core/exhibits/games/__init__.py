"""Two games on what maps show: which photo made them, and which photo will excite one of them."""

from zfnet_core.exhibits.games.rounds import LEVELS, OFFERED, SHOWN, Round, deal_map, deal_photo

__all__ = ["LEVELS", "OFFERED", "SHOWN", "Round", "deal_map", "deal_photo"]
