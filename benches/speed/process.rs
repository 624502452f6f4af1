//! The servers that are measured, each a process of its own, and what Linux says about them.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::world::World;

/// How long a server may take until it answers.
const PATIENCE: Duration = Duration::from_secs(30);
/// Linux counts a process's time in hundredths of a second.
const TICK: Duration = Duration::from_millis(10);

/// A running server. Killed when it is dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    /// From the start to the first answer.
    pub started_in: Duration,
    child: Child,
}

impl Server {
    /// The product, as it was built for release, on the database of `world`. All that is not named here is as it comes,
    /// save for the log, which is written and thrown away.
    pub fn product(world: &World) -> Self {
        Self::product_with(world, &[])
    }

    /// The same with some keys set otherwise.
    pub fn product_with(world: &World, keys: &[(&str, &str)]) -> Self {
        let address = free_address();
        Self::start(product("serve", world, address, keys), address, "/readyz", "200")
    }

    /// What stores clicks from the stream. It answers nothing.
    pub fn worker(world: &World, keys: &[(&str, &str)]) -> Self {
        let address = free_address();
        let mut command = product("worker", world, address, keys);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        Self { address, started_in: Duration::ZERO, child: command.spawn().expect("the worker starts") }
    }

    /// One of the reference servers, which this program is as well.
    pub fn reference(arguments: &[&str]) -> Self {
        let address = free_address();
        let mut command = Command::new(std::env::current_exe().expect("this program has a path"));
        command.arg("reference").arg(address.to_string()).args(arguments);
        Self::start(command, address, "/go/books", "302")
    }

    fn start(mut command: Command, address: SocketAddr, path: &str, status: &str) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let started = Instant::now();
        let mut child = command.spawn().expect("the server starts");
        while !answers(address, path, status) {
            let ended = child.try_wait().expect("the server can be waited for");
            assert!(ended.is_none(), "the server ended: {ended:?}");
            assert!(started.elapsed() < PATIENCE, "the server does not answer");
            sleep(Duration::from_millis(1));
        }
        Self { address, started_in: started.elapsed(), child }
    }

    /// The CPU time that it has used.
    pub fn cpu(&self) -> Duration {
        cpu_of(self.child.id())
    }

    /// The most memory that it ever had, in MiB.
    pub fn peak_memory_mib(&self) -> f64 {
        let status = proc(self.child.id(), "status");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap_or_default();
        let kib: u32 = line.split_whitespace().next().and_then(|word| word.parse().ok()).expect("VmHWM in kB");
        f64::from(kib) / 1024.0
    }

    /// Waits until it has nothing to do, so that what it does after a run is not counted against the next one.
    /// Gives up after a minute, and says so.
    pub fn wait_until_idle(&self) {
        for _ in 0..120 {
            let before = self.cpu();
            sleep(Duration::from_millis(500));
            if self.cpu().saturating_sub(before) <= TICK * 2 {
                return;
            }
        }
        println!("note: the server was still busy a minute after its load");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Whatever it answered is on the disk: that is what is measured here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn product(what: &str, world: &World, address: SocketAddr, keys: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_kopilka"));
    command.arg(what).current_dir(&world.folder);
    command.env("KOPILKA_LISTEN", address.to_string()).env("KOPILKA_PUBLIC_URL", format!("http://{address}"));
    command.env("KOPILKA_DATABASE_URL", &world.url).env("KOPILKA_SECRETS_MASTER_KEY", crate::world::MASTER_KEY);
    command.envs(keys.iter().copied());
    command
}

fn proc(process: u32, file: &str) -> String {
    std::fs::read_to_string(format!("/proc/{process}/{file}")).expect("Linux tells about processes")
}

/// The CPU time that a process has used.
pub fn cpu_of(process: u32) -> Duration {
    // The name, in brackets, may hold blanks; the 12th and 13th field after it are user and system time (proc(5)).
    let stat = proc(process, "stat");
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    let ticks: u32 = fields.skip(11).take(2).filter_map(|field| field.parse::<u32>().ok()).sum();
    TICK * ticks
}

/// An address that nobody listens on.
pub fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    listener.local_addr().expect("a bound address")
}

fn answers(address: SocketAddr, path: &str, status: &str) -> bool {
    let ask = || {
        let mut stream = TcpStream::connect(address)?;
        stream.set_read_timeout(Some(Duration::from_secs(2)))?;
        write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
        let mut head = [0; 12];
        stream.read_exact(&mut head)?;
        Ok::<_, std::io::Error>(head)
    };
    ask().is_ok_and(|head| head.ends_with(status.as_bytes()))
}
