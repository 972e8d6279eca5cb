# The module is the class itself, which no stub can say.
