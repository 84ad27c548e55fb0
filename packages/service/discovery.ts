export {
  createDiscoveryClient,
  type DiscoveryClient,
  type DiscoveryOptions,
  type DiscoveryState,
} from './src/discovery/discovery-client.ts';
export type { InstanceStatus, ServiceInstance } from './src/discovery/eureka-instance.ts';
export type { Registration, RegistrationState } from './src/discovery/registration.ts';
export type { InstanceRegistration } from './src/discovery/registration-body.ts';
