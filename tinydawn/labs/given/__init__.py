"""What labs give: small objects that holes work on, and what is compared where many answers are right. No answer to any hole."""

from .lab01 import *  # noqa: F403
from .lab02 import *  # noqa: F403
from .lab04 import *  # noqa: F403
from .lab05 import *  # noqa: F403
from .lab06 import *  # noqa: F403
from .lab07 import *  # noqa: F403
from .lab08 import *  # noqa: F403
from .lab09 import *  # noqa: F403
from .lab10 import *  # noqa: F403
from .lab11 import *  # noqa: F403
from .lab12 import *  # noqa: F403
