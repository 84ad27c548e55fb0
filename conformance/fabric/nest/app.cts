/**
 * An application of NestJS, pointed at servers by URL alone: registered in Eureka (eureka-js-client), configured by a config server
 * (cloud-config-client), guarded by tokens (passport-jwt, jwks-rsa), with Kafka as a transport (@nestjs/microservices).
 */
import 'reflect-metadata';
import {
  Body,
  type CanActivate,
  Controller,
  type ExecutionContext,
  Get,
  Inject,
  Injectable,
  Module,
  Post,
  Query,
  Req,
  SetMetadata,
  UseGuards,
} from '@nestjs/common';
import { NestFactory, Reflector } from '@nestjs/core';
import {
  type ClientKafka,
  ClientsModule,
  EventPattern,
  MessagePattern,
  Payload,
  Transport,
} from '@nestjs/microservices';
import { AuthGuard, PassportModule, PassportStrategy } from '@nestjs/passport';
import * as configClient from 'cloud-config-client';
import { Eureka } from 'eureka-js-client';
import { passportJwtSecret } from 'jwks-rsa';
import { ExtractJwt, Strategy } from 'passport-jwt';
import { firstValueFrom } from 'rxjs';

const env = process.env as Record<string, string>;
const port = Number(env.SERVER_PORT);
const broker = { clientId: 'nest', brokers: [env.FABRIC_KAFKA] };

interface Claims {
  sub: string;
  realm_access?: { roles?: string[] };
}

/** Where the keys are is asked of the issuer, as any OpenID client does. */
const keysUrl: Promise<string> = fetch(`${env.FABRIC_ISSUER}/.well-known/openid-configuration`)
  .then((answer) => answer.json())
  .then((metadata) => metadata.jwks_uri);

@Injectable()
class JwtStrategy extends PassportStrategy(Strategy) {
  constructor(@Inject('JWKS_URL') jwksUri: string) {
    super({
      jwtFromRequest: ExtractJwt.fromAuthHeaderAsBearerToken(),
      issuer: env.FABRIC_ISSUER,
      algorithms: ['RS256'],
      secretOrKeyProvider: passportJwtSecret({ jwksUri, cache: true, rateLimit: true }),
    });
  }

  validate(claims: Claims): { name: string; roles: string[] } {
    return { name: claims.sub, roles: claims.realm_access?.roles ?? [] };
  }
}

@Injectable()
class RoleGuard implements CanActivate {
  constructor(@Inject(Reflector) private readonly reflector: Reflector) {}

  canActivate(context: ExecutionContext): boolean {
    const role = this.reflector.get<string>('role', context.getHandler());
    return context.switchToHttp().getRequest().user.roles.includes(role);
  }
}

const orders: unknown[] = [];

@Controller()
class AppController {
  constructor(
    @Inject('KAFKA') private readonly kafka: ClientKafka,
    @Inject('SETTINGS') private readonly settings: Record<string, unknown>,
  ) {}

  async onModuleInit(): Promise<void> {
    this.kafka.subscribeToResponseOf('nest-sum');
    await this.kafka.connect();
  }

  @Get('info')
  info() {
    return {};
  }

  @Get('echo')
  echo(@Query('text') text: string) {
    return { instance: `nest:${port}`, text };
  }

  @Get('settings')
  all() {
    return this.settings;
  }

  @Get('operator')
  @SetMetadata('role', 'operator')
  @UseGuards(AuthGuard('jwt'), RoleGuard)
  operator(@Req() request: { user: unknown }) {
    return request.user;
  }

  @Get('admin')
  @SetMetadata('role', 'admin')
  @UseGuards(AuthGuard('jwt'), RoleGuard)
  admin(@Req() request: { user: unknown }) {
    return request.user;
  }

  /** An event: written and read by this application. */
  @Post('orders')
  async order(@Body() order: { id: string }) {
    await firstValueFrom(this.kafka.emit('nest-orders', { key: order.id, value: order }));
    return {};
  }

  @Get('orders')
  received() {
    return orders;
  }

  @EventPattern('nest-orders')
  receive(@Payload() order: unknown) {
    orders.push(order);
  }

  /** A question over Kafka, and its answer. */
  @Get('sum')
  async sum(@Query('numbers') numbers: string) {
    return { sum: await firstValueFrom(this.kafka.send('nest-sum', numbers.split(',').map(Number))) };
  }

  @MessagePattern('nest-sum')
  answer(@Payload() numbers: number[]) {
    return numbers.reduce((sum, number) => sum + number, 0);
  }
}

@Module({
  imports: [
    PassportModule,
    ClientsModule.register([
      {
        name: 'KAFKA',
        transport: Transport.KAFKA,
        options: { client: broker, consumer: { groupId: 'nest' }, producer: { allowAutoTopicCreation: true } },
      },
    ]),
  ],
  controllers: [AppController],
  providers: [
    JwtStrategy,
    RoleGuard,
    { provide: 'JWKS_URL', useFactory: () => keysUrl },
    {
      provide: 'SETTINGS',
      useFactory: async () => {
        const options = { endpoint: env.FABRIC_CONFIG_URL, name: 'front', profiles: ['dev', 'eu'] };
        const config = await configClient.load(options);
        return config.toObject();
      },
    },
  ],
})
class AppModule {}

async function start(): Promise<void> {
  const app = await NestFactory.create(AppModule, { logger: ['warn', 'error'], abortOnError: false });
  app.connectMicroservice({
    transport: Transport.KAFKA,
    options: { client: broker, consumer: { groupId: 'nest' }, subscribe: { fromBeginning: true } },
  });
  await app.startAllMicroservices();
  await app.listen(port, '127.0.0.1');
  const discovery = new URL(env.FABRIC_EUREKA_URL);
  const eureka = new Eureka({
    instance: {
      app: 'nest',
      instanceId: `nest:${port}`,
      hostName: '127.0.0.1',
      ipAddr: '127.0.0.1',
      vipAddress: 'nest',
      port: { $: port, '@enabled': true },
      statusPageUrl: `http://127.0.0.1:${port}/info`,
      dataCenterInfo: { '@class': 'com.netflix.appinfo.InstanceInfo$DefaultDataCenterInfo', name: 'MyOwn' },
    },
    eureka: {
      host: discovery.hostname,
      port: Number(discovery.port),
      servicePath: '/eureka/apps/',
      heartbeatInterval: 2000,
      registryFetchInterval: 1000,
      maxRetries: 3,
    },
  } as never);
  await new Promise<void>((resolve, reject) => eureka.start((error?: Error) => (error ? reject(error) : resolve())));
  process.once('SIGTERM', () => {
    // It takes itself off the list first.
    eureka.stop(() => app.close().then(() => process.exit(0)));
  });
}

start().catch((error) => {
  console.error(error);
  process.exit(1);
});
