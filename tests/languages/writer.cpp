// Publishes until it is killed, some thousand records a second: writer FILE. Prints "ready N" after the first, number N.
#include "torn.hpp"
#include <chrono>
#include <thread>

int main(int, char **argv)
try {
    using namespace std::chrono_literals;
    mapcast::Writer<Torn> writer(argv[1]);
    for (bool first = true;; first = false) {
        Torn torn;
        torn.words.fill(static_cast<std::uint32_t>(writer.sequence() + 1));
        writer.publish(torn);
        if (first)
            std::cout << "ready " << writer.sequence() << std::endl;
        std::this_thread::sleep_for(200us);
    }
} catch (const mapcast::Error &error) {
    std::cerr << "writer: " << error.what() << '\n';
    return 1;
}
