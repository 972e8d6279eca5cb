from typing import TextIO

stdin: TextIO
