import click


@click.command()
def bundle():
    pass
