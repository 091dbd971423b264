"""Many users at once: the suite's walks under load. `engine` alone imports Locust, in a process of its own."""
