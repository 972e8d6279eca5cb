# urandom: the same sequence after each start until it is seeded.
import random

seed = random.seed
getrandbits = random.getrandbits
randrange = random.randrange
randint = random.randint
choice = random.choice
uniform = random.uniform


def random_():
    return random.random()


seed(0)
