"""The stories: read from a CSV file into a database, each an object that knows the element it is shown in."""

import csv
import itertools
import sqlite3

import xlgc

database = sqlite3.connect(":memory:")
database.execute("create table stories (year integer, title text, source text, tags text)")


class Story:
    def __init__(self, number, year, title, source, tags):
        self.number, self.year, self.title, self.source = number, year, title, source
        self.tags = tags.split()
        self.points = number * 7 % 23
        self.element = None

    def __str__(self):
        return f"story: {self.title}"

    def show(self, element):
        """Fills the element in, and keeps it for the votes that will come."""
        self.element = element
        element["title"].text = f"{self.title} ({self.year})"
        element["source"].text = self.source
        element["summary"].text = f"Story {self.number}, about {', '.join(self.tags)}."
        element["date"].text = str(self.year)
        for item, tag in zip(element["tags"], self.tags):
            item.text = tag
        self.count()

    def count(self):
        self.element["points"].text = f"{self.points} points"

    def vote(self):
        self.points += 1
        self.count()
        return self.points


def load(path):
    with open(path, newline="", encoding="utf-8") as file:
        rows = [(row["year"], row["title"], row["source"], row["tags"]) for row in csv.DictReader(file)]
    with database:
        database.executemany("insert into stories values (?, ?, ?, ?)", rows)
    return len(rows)


numbers = itertools.count(1)


def next_story():
    """A new story object for the next row of the table, around and around."""
    number = next(numbers)
    query = "select year, title, source, tags from stories order by rowid limit 1 offset ? % (select count(*) from stories)"
    return Story(number, *database.execute(query, (number,)).fetchone())


xlgc.shared.load = load
xlgc.shared.next_story = next_story
