"""zhanggui (掌柜): a back office that runs an e-commerce company by its written regulation."""

__version__ = "0.1.0"
