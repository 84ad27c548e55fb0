/** The server in a process of its own, for tests that kill it: `run-prometheus.ts DIRECTORY TARGET`. */
import { startPrometheus } from '../prometheus.ts';

const [directory, target] = process.argv.slice(2);
const { url } = await startPrometheus({
  directory: directory!,
  port: 0,
  settings: {
    shipped_rules: false,
    scrape_interval: '200ms',
    scrape_configs: [{ job_name: 'work', static_configs: [{ targets: [target!] }] }],
  },
});
console.log(url);
