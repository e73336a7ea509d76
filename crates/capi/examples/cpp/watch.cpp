// Prints where a drone is, and what happens to its program: watch [REGION]. Ends when it is closed.
#include "drone.hpp"
#include <iostream>

int main(int argc, char **argv)
try {
    mapcast::Follower<Drone> follower(argc > 1 ? argv[1] : "drone", MAPCAST_BEGIN_OLDEST);
    for (const auto &event : follower) {
        if (const Drone *drone = event.record())
            std::cout << event.sequence() << ' ' << drone->x << ' ' << drone->y << '\n';
        else if (event.kind() == MAPCAST_EVENT_MISSED)
            std::cout << "missed " << event.missed() << '\n';
        else if (event.kind() == MAPCAST_EVENT_WRITER && event.state() == mapcast::State::closed)
            break;
    }
} catch (const mapcast::Error &error) {
    std::cerr << "watch: " << error.what() << '\n';
    return 1;
}
