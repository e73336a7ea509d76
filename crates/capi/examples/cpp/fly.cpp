// Publishes where a drone is, a hundred times a second: fly [REGION [RECORDS]]
#include "drone.hpp"
#include <cstdlib>
#include <iostream>
#include <thread>

int main(int argc, char **argv)
try {
    using namespace std::chrono_literals;
    const long records = argc > 2 ? std::atol(argv[2]) : -1;
    mapcast::Writer<Drone> writer(argc > 1 ? argv[1] : "drone");
    Drone drone{0, 0, {{1, 0.5f, 0}}, Mode::flying, "red"};
    for (long i = 0; i != records; i++) {
        drone.x += drone.speed[0] / 100;
        drone.y += drone.speed[1] / 100;
        writer.publish(drone);
        std::this_thread::sleep_for(10ms);
    }
} catch (const mapcast::Error &error) {
    std::cerr << "fly: " << error.what() << '\n';
    return 1;
}
