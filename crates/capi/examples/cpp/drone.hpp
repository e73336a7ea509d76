// What a drone publishes: both programs include it.
#pragma once
#include <array>
#include <cstdint>
#include <mapcast.hpp>

enum class Mode : std::uint8_t { idle, flying };

struct Drone {
    double x, y;
    std::array<float, 3> speed;
    Mode mode;
    char label[11];
};

MAPCAST_LABELS(Mode, {Mode::idle, "idle"}, {Mode::flying, "flying"})

MAPCAST_RECORD(Drone, "drone",
    MAPCAST_FIELD(Drone, x, "m", "east of the start"),
    MAPCAST_FIELD(Drone, y, "m", "north of the start"),
    MAPCAST_FIELD(Drone, speed, "m/s", ""),
    MAPCAST_FIELD(Drone, mode, "", ""),
    MAPCAST_FIELD(Drone, label, "", ""))
