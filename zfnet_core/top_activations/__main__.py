"""`python -m zfnet_core.top_activations`: search a collection of photos for the strongest units of every map."""

import sys

from zfnet_core.top_activations.command import main

sys.exit(main())
